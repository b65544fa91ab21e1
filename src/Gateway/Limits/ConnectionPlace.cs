using System.Net;
using Iggy.Gateway.Sessions;

namespace Iggy.Gateway.Limits;

/// <summary>The place of one connection that was let in: what it counts for, until it is disposed.</summary>
internal sealed class ConnectionPlace : IConnectionPlace, IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConnectionGuard _guard;
    private readonly Action _onEnd;
    private bool _isStranger = true;
    private bool _isOver;

    /// <param name="guard">Where it is counted.</param>
    /// <param name="peer">Where it comes from.</param>
    /// <param name="onEnd">Gives back what else it has.</param>
    public ConnectionPlace(ConnectionGuard guard, EndPoint? peer, Action onEnd) => (_guard, Peer, _onEnd) = (guard, peer, onEnd);

    /// <inheritdoc/>
    public EndPoint? Peer { get; }

    /// <inheritdoc/>
    public bool IsStranger
    {
        get
        {
            lock (_lock)
                return _isStranger;
        }
        set
        {
            lock (_lock)
            {
                if (_isOver || _isStranger == value)
                    return;
                _isStranger = value;
                _guard.Change(Peer, value);
            }
        }
    }

    /// <summary>The connection is gone. May be called again.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isOver)
                return;
            _isOver = true;
            _guard.Leave(Peer, _isStranger);
        }
        _onEnd();
    }
}
