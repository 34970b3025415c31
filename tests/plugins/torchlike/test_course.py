"""A course's programs with networks, one after the other: what they print, they print under PyTorch, too."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

import agrad_torchlike
from torchlike_samples import intel


def program(torch: Any) -> None:
    """Initialising, training by hand and by optimizers, recurrent and adversarial networks, evaluation."""
    nn, optim = torch.nn, torch.optim
    F, Variable = nn.functional, torch.autograd.Variable  # noqa: N806 - the usual names
    torch.manual_seed(0)

    def weights_init(m: Any) -> None:
        classname = m.__class__.__name__
        if classname.find("Conv") != -1:
            m.weight.data.normal_(0.0, 0.02)
        elif classname.find("Linear") != -1:
            m.weight.data.uniform_(-1, 1)
            m.bias.data.fill_(0)

    net = nn.Sequential(OrderedDict([("fc1", nn.Linear(3, 4)), ("relu", nn.ReLU()), ("fc2", nn.Linear(4, 2))]))
    net.apply(weights_init)
    print(net, net.fc1.weight, net[2].bias)
    x = torch.randn(5, 3)
    y = torch.randint(0, 2, (5,))
    loss_fn = nn.CrossEntropyLoss()
    for t in range(3):
        out = net(x)
        loss = loss_fn(out, y)
        print(t, loss.item().__round__(4))
        net.zero_grad()
        loss.backward()
        with torch.no_grad():
            for p in net.parameters():
                p -= 0.1 * p.grad
    for _ in range(3):
        loss = loss_fn(net(x), y)
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= 0.1 * p.grad.data
        for p in net.parameters():
            p.data.add_(p.grad.data, alpha=-0.1)
    print(loss, net.fc1.weight.grad.norm())
    print(next(net.parameters()).device, net.fc1.weight.shape, net.fc1.weight.detach().numpy().dtype, len(net))
    out = net(x)
    _, pred = torch.max(out.data, 1)
    print(pred, (pred == y).sum().item(), F.softmax(out, dim=1).sum(dim=1))
    probs = torch.sigmoid(out)
    print(probs)
    v = Variable(torch.FloatTensor([[1.0, 2.0, 3.0]]))
    print(net(v))
    print(torch.nn.functional.one_hot(torch.arange(3)))
    opt = optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(5):
        opt.zero_grad()
        loss = F.nll_loss(F.log_softmax(net(x), dim=1), y)
        loss.backward()
        opt.step()
    print(f"Loss: {loss.item():.4f}", f"{loss:.3f}")

    class RNN(nn.Module):
        def __init__(self, i, h, o):
            super().__init__()
            self.hidden_size = h
            self.i2h = nn.Linear(i + h, h)
            self.i2o = nn.Linear(i + h, o)
            self.softmax = nn.LogSoftmax(dim=1)

        def forward(self, input, hidden):
            combined = torch.cat((input, hidden), 1)
            hidden = self.i2h(combined)
            output = self.softmax(self.i2o(combined))
            return output, hidden

        def init_hidden(self):
            return torch.zeros(1, self.hidden_size)

    r = RNN(3, 4, 2)
    o, h = r(torch.ones(1, 3), r.init_hidden())
    print(r, o, h)

    class LSTMNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb = nn.Embedding(10, 4)
            self.lstm = nn.LSTM(4, 5, batch_first=True)
            self.fc = nn.Linear(5, 1)

        def forward(self, x):
            e = self.emb(x)
            out, _ = self.lstm(e)
            return self.fc(out[:, -1, :])

    words = LSTMNet()
    z = words(torch.randint(0, 10, (2, 6)))
    print(words, z)
    z.mean().backward()
    print(words.emb.weight.grad.abs().sum() > 0)
    generator = nn.Sequential(
        nn.ConvTranspose2d(4, 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(True),
        nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )
    critic = nn.Sequential(
        nn.Conv2d(1, 8, 4, 2, 1, bias=False),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 1, 4, 1, 0, bias=False),
        nn.Sigmoid(),
    )
    fake = generator(torch.randn(2, 4, 1, 1))
    print(fake.shape, critic(fake).view(-1))
    e = nn.BCELoss()(critic(fake.detach()).view(-1), torch.full((2,), 1.0))
    e.backward()
    print(e)
    print([(n, tuple(p.shape)) for n, p in generator.named_parameters()])
    for param in net.fc1.parameters():
        param.requires_grad = False
    print([p.requires_grad for p in net.parameters()])
    opt = optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1)
    print(len(opt.param_groups[0]["params"]))
    net.fc2 = nn.Linear(4, 3)
    print(net(x).shape)
    w = nn.Parameter(torch.zeros(2, 3))
    print(w, w.data, w.shape)
    print(
        nn.MSELoss()(torch.ones(2, 3, requires_grad=True), torch.zeros(2, 3)),
        nn.L1Loss()(torch.ones(2), torch.zeros(2)),
    )
    m = nn.BatchNorm1d(3)
    print(m(x), m.running_mean, m.running_var, m.num_batches_tracked)
    m.eval()
    print(m(x))
    m = nn.Dropout(p=0.5)
    print(m(torch.ones(3, 4)))
    d = nn.Linear(3, 1)
    print(d.weight, d.bias.item())
    torch.set_printoptions(precision=2)
    print(d.weight)
    torch.set_printoptions(profile="default")
    print(torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=2).__class__.__name__)
    t = nn.Flatten()(torch.zeros(2, 3, 4))
    print(t.shape, nn.Identity()(t).shape)


def test_a_course_prints_what_pytorch_prints(theirs: Any, capsys: pytest.CaptureFixture[str]) -> None:
    if intel():
        pytest.skip("PyTorch takes masks from MKL on Intel's processors")
    program(theirs)
    expected = capsys.readouterr().out
    program(agrad_torchlike)
    assert capsys.readouterr().out == expected


WRONG = [
    "nn.Linear(3, 4)(torch.ones(2, 5))",
    "nn.Linear(3, 4)(torch.ones(2, 3, 5))",
    "nn.Linear(2, 3)(torch.ones(2, 2, dtype=torch.float64))",
    "nn.Linear(2, 3)([1.0, 2.0])",
    "nn.functional.linear(torch.ones(2, 5), torch.ones(4, 3))",
    "nn.Conv2d(3, 4, 3)(torch.ones(1, 1, 5, 5))",
    "nn.Conv2d(3, 4, 3)(torch.ones(5, 5))",
    "nn.Conv2d(3, 4, 3)(torch.ones(1, 3, 5, 5, dtype=torch.float64))",
    "nn.Conv1d(3, 4, 3)(torch.ones(1, 2, 5))",
    "nn.ConvTranspose2d(3, 4, 3)(torch.ones(1, 1, 5, 5))",
    "nn.BatchNorm1d(3)(torch.ones(1, 3))",
    "nn.BatchNorm1d(3)(torch.ones(2, 4))",
    "nn.BatchNorm2d(3)(torch.ones(2, 3))",
    "nn.Embedding(3, 2)(torch.tensor([3]))",
    "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, 5]))",
    "nn.CrossEntropyLoss()(torch.ones(2, 3), torch.tensor([0, 1, 1]))",
    "nn.NLLLoss()(torch.ones(2, 3), torch.tensor([0, 3]))",
]


@pytest.mark.parametrize("call", WRONG)
def test_messages(theirs: Any, call: str) -> None:
    with pytest.raises(Exception) as known:
        eval(call, {"torch": theirs, "nn": theirs.nn})
    with pytest.raises(type(known.value)) as found:
        eval(call, {"torch": agrad_torchlike, "nn": agrad_torchlike.nn})
    assert str(found.value) == str(known.value)
