"""How the functions are computed where a backend has none of its own: the array API standard and nothing else.

Each is a sum of a fixed number of terms, chosen by `where` among a few that cover the real line. What a formula is not
meant for is replaced by a harmless number before it is evaluated, so that nothing overflows or divides by 0 on the way.
The derivatives of the ops are not taken of these formulas but have rules of their own.

"DLMF" is the NIST Digital Library of Mathematical Functions, https://dlmf.nist.gov.
"""
