using Orleans.Streams;

namespace Iggy.Orleans.Streaming;

/// <summary>A place in a partition: which history of it, which message, which event in the message. Or a time, for a start there.</summary>
/// <remarks>Events carry the token of their own place; who subscribes with it gets that event again and all behind it.</remarks>
[GenerateSerializer, Immutable, Alias("iggy.StreamToken")]
public sealed class IggyStreamToken : StreamSequenceToken
{
    /// <summary>Instead of a number of an event: the message as a whole, with all its events.</summary>
    internal const int WholeMessage = int.MaxValue;

    internal IggyStreamToken(ulong incarnation, ulong offset, int index, ulong timeMicros = 0) =>
        (Incarnation, SequenceNumber, EventIndex, TimeMicros) = (incarnation, (long)offset, index, timeMicros);

    /// <summary>Before everything that is there; never an error.</summary>
    public static IggyStreamToken Earliest { get; } = new(0, 0, -1);

    /// <summary>When the partition was made, in microseconds since the Unix epoch: a topic that was deleted and made again counts from 0 anew. 0 for whichever is there.</summary>
    [Id(0)]
    public ulong Incarnation { get; private set; }

    /// <summary>Offset of the message.</summary>
    [Id(1)]
    public override long SequenceNumber { get; protected set; }

    /// <summary>Number of the event in its message, from 0.</summary>
    [Id(2)]
    public override int EventIndex { get; protected set; }

    /// <summary>From which time on, in microseconds since the Unix epoch; 0 for a place.</summary>
    [Id(3)]
    public ulong TimeMicros { get; private set; }

    /// <summary>Offset of the message.</summary>
    public ulong Offset => (ulong)SequenceNumber;

    /// <summary>Whether it stands for no message: a start by time, or at the first message kept.</summary>
    internal bool IsTime => EventIndex < 0;

    /// <summary>The message at an offset, in whichever history the partition has. An error where retention removed it already.</summary>
    public static IggyStreamToken AtOffset(ulong offset) => new(0, offset, 0);

    /// <summary>The first message appended at or after a time.</summary>
    public static IggyStreamToken AtTime(DateTimeOffset time) => new(0, 0, -1, (ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));

    /// <inheritdoc/>
    public override bool Equals(StreamSequenceToken? other) => other is IggyStreamToken token && token.Key == Key;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

    /// <inheritdoc/>
    public override int GetHashCode() => Key.GetHashCode();

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The other is of another provider.</exception>
    public override int CompareTo(StreamSequenceToken? other) => other switch
    {
        null => 1,
        IggyStreamToken token => Key.CompareTo(token.Key),
        _ => throw new ArgumentOutOfRangeException(nameof(other), other, "A token of another stream provider."),
    };

    /// <inheritdoc/>
    public override string ToString() => IsTime
        ? TimeMicros == 0 ? "the first message" : $"{DateTimeOffset.UnixEpoch.AddMicroseconds(TimeMicros):O}"
        : $"offset {SequenceNumber}{(EventIndex is 0 or WholeMessage ? "" : $", event {EventIndex}")}{(Incarnation == 0 ? "" : $" of the partition made {DateTimeOffset.UnixEpoch.AddMicroseconds(Incarnation):O}")}";

    private (ulong Incarnation, long Offset, int Index, ulong Time) Key => (Incarnation, SequenceNumber, EventIndex, TimeMicros);
}
