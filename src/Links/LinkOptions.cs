using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Iggy.Links;

/// <summary>Settings of one node's links. Immutable.</summary>
public sealed record LinkOptions
{
    /// <summary>Most bytes of one frame that any node may allow: what a position in memory can be.</summary>
    public const int LargestFrameBytes = 1 << 30;

    /// <summary>Names the cluster: nodes of another one are refused.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>This node, above 0. The node with the smaller number connects to the other.</summary>
    public required ulong NodeId { get; init; }

    /// <summary>Where others connect to.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Most bytes of a frame. Default 192 MiB: the largest append and its heads.</summary>
    public int MaxFrameBytes { get; init; } = 192 << 20;

    /// <summary>Bytes on the way on one channel of one connection, or one frame if it is larger. Default 4 MiB.</summary>
    public int ChannelWindowBytes { get; init; } = 4 << 20;

    /// <summary>Bytes on the way on one connection, or one frame if it is larger; both sides hold so much at most. Default 64 MiB.</summary>
    public int TotalWindowBytes { get; init; } = 64 << 20;

    /// <summary>Most connections, those that are not known yet included. Default 128.</summary>
    public int MaxConnections { get; init; } = 128;

    /// <summary>A node that has nothing to say says so as often. Default 500 ms.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A node that was silent for so long is gone. Default 3 s.</summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Longest time until a new connection is known. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait before the second attempt to connect; doubles with each, and is shortened by up to a half at random. Default 100 ms.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest such wait. Default 5 s.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Certificates; null for links in the clear.</summary>
    public LinkTls? Tls { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A setting is outside its range; the message names it and its value.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfZero(NodeId, nameof(NodeId));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFrameBytes, 1 << 10, nameof(MaxFrameBytes));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxFrameBytes, LargestFrameBytes, nameof(MaxFrameBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(ChannelWindowBytes, 1 << 10, nameof(ChannelWindowBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(TotalWindowBytes, ChannelWindowBytes, nameof(TotalWindowBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1, nameof(MaxConnections));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HeartbeatInterval, TimeSpan.Zero, nameof(HeartbeatInterval));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PeerTimeout, HeartbeatInterval, nameof(PeerTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HandshakeTimeout, TimeSpan.Zero, nameof(HandshakeTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstRetry, TimeSpan.Zero, nameof(FirstRetry));
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestRetry, FirstRetry, nameof(LongestRetry));
    }
}

/// <summary>Both sides of a link show a certificate, and both ask for one that an authority of the cluster signed.</summary>
/// <param name="Certificate">This node's, with its private key.</param>
/// <param name="Authorities">Whom the cluster trusts; the system's authorities are not.</param>
public sealed record LinkTls(X509Certificate2 Certificate, X509Certificate2Collection Authorities);
