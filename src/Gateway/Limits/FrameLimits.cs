using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Limits;

/// <summary>What connections, requests and replies may take, on every transport. Section <c>Iggy:Limits</c>.</summary>
public sealed class FrameLimits
{
    /// <summary>The slowest line that is worth serving: a large request may not come slower for longer than <see cref="StallTimeout"/>, and a large reply gets
    /// more time by it.</summary>
    internal const int SlowestBytesPerSecond = 64 * 1024;

    /// <summary>Most bytes in the payload of a send request. Default 128 MiB: above the largest message that the protocol allows,
    /// 64,000,000 bytes of payload with 100,000 bytes of headers, so that message is judged by its own limit.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxSendBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Most bytes of messages in a poll reply; one message is returned even when it alone is larger. Default 256 MiB: clients made for a
    /// server without a limit rarely ask for more at once, and take less as a partial answer. Where a transport or a client takes less, less is sent.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int MaxPollBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Most bytes of requests that are held in memory at a time, all connections together: a request above 64 KiB waits for its turn before
    /// memory is taken for it. A connection gets at most a quarter of it and a user half; a request above its part waits until it is alone there. Buffers may be up to twice as large. 1 MiB to 1 TiB, default 1 GiB.</summary>
    [Range(typeof(long), "1048576", "1099511627776")]
    public long MaxInFlightBytes { get; set; } = 1024 * 1024 * 1024;

    /// <summary>Most bytes of poll replies that are held in memory at a time, all connections together. A reply above 2 MiB is read while it is sent and takes
    /// about 1 MiB, or what its largest message needs. While the room is used up, polls return at most 64 KiB, or one message that waits for its turn. Buffers
    /// may be up to twice as large. 16 MiB to 1 TiB, default 256 MiB.</summary>
    [Range(typeof(long), "16777216", "1099511627776")]
    public long MaxReplyBytesInFlight { get; set; } = 256 * 1024 * 1024;

    /// <summary>Longest pause in which nothing comes of a request above 64 KiB that has its memory, and longest time in which it comes at less than 64 KiB a second; or
    /// in which a reply is not taken, which gets a second more for each 64 KiB of it; then the connection is closed. 0 is no limit, at most 1 day, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest time that a connection may go without being logged in, whatever else it sends; then it is closed. 0 is no limit, at most 1 day,
    /// default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan LoginTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest time in which a connection neither sends anything nor is answered nor waits for a command; then it is closed. 0, the
    /// default, is no limit; at most 1 day.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.Zero;

    /// <summary>Most connections from one address at a time; one more is closed at once. 0, the default, is no limit; at most 1,000,000. An IPv6 network of
    /// 64 bits counts as one address.</summary>
    [Range(0, 1_000_000)]
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Most connections from one address at a time on which nobody has logged in; one more is closed at once. 0 is no limit; at most 1,000,000, default
    /// 1,000. An IPv6 network of 64 bits counts as one address.</summary>
    [Range(0, 1_000_000)]
    public int MaxStrangersPerAddress { get; set; } = 1_000;

    /// <summary>Reads that may wait for messages at a time, all connections together; one more is refused. 0 to 10,000,000, default 65,536.</summary>
    [Range(0, 10_000_000)]
    public int MaxWaitingReads { get; set; } = 65_536;

    /// <summary>Longest that a read waits, whatever it asks for. 1 s to 10 minutes, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan MaxReadWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may be gone without a word before its connection is closed: silent ones are asked after half of it. Over TCP, HTTP and WebSocket; QUIC
    /// has its own. 0 leaves it to the system, which waits for hours; at most 1 day, default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan PeerTimeout { get; set; } = TimeSpan.FromMinutes(1);
}

[OptionsValidator]
internal sealed partial class FrameLimitsValidator : IValidateOptions<FrameLimits>;
