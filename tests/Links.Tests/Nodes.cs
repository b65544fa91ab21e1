using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Iggy.Links.Tests;

/// <summary>Nodes of a cluster in this process, over loopback.</summary>
internal sealed class Nodes : IAsyncDisposable
{
    public static readonly Guid Cluster = Guid.Parse("aaaaaaaa-0000-0000-0000-000000000001");
    private readonly List<LinkHub> _hubs = [];

    public static LinkOptions Options(ulong node) => new()
    {
        ClusterId = Cluster,
        NodeId = node,
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        FirstRetry = TimeSpan.FromMilliseconds(10),
        LongestRetry = TimeSpan.FromMilliseconds(100),
        PeerTimeout = TimeSpan.FromSeconds(30), // this machine may be busy
        HandshakeTimeout = TimeSpan.FromSeconds(30),
    };

    public LinkHub Start(LinkOptions options, ILinkHandler handler, TimeProvider? clock = null, ILogger? logger = null)
    {
        var hub = new LinkHub(options, handler, clock ?? TimeProvider.System, logger ?? NullLogger.Instance);
        hub.Start();
        _hubs.Add(hub);
        return hub;
    }

    /// <summary>Two nodes, 1 and 2, that are connected.</summary>
    public async Task<(LinkHub One, Recorder AtOne, LinkHub Two, Recorder AtTwo)> PairAsync(Func<LinkOptions, LinkOptions>? change = null)
    {
        change ??= options => options;
        var (atOne, atTwo) = (new Recorder(), new Recorder());
        var one = Start(change(Options(1)), atOne);
        var two = Start(change(Options(2)), atTwo);
        Join(one, two);
        await atOne.WaitForAsync("connected 2");
        await atTwo.WaitForAsync("connected 1");
        return (one, atOne, two, atTwo);
    }

    public static void Join(LinkHub one, LinkHub two)
    {
        one.SetPeers(new Dictionary<ulong, EndPoint> { [2] = two.Address });
        two.SetPeers(new Dictionary<ulong, EndPoint> { [1] = one.Address });
    }

    public static LinkBuffer Frame(int bytes, int seed = 0)
    {
        var buffer = new LinkBuffer(bytes);
        var span = buffer.GetSpan(bytes);
        for (var i = 0; i < bytes; i++)
            span[i] = (byte)(seed + i);
        buffer.Advance(bytes);
        return buffer;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in _hubs)
            await hub.DisposeAsync();
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class TextLogger(Action<string> tell) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => tell(formatter(state, exception));
}
