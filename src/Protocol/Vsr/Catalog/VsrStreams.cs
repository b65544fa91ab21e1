using System.Collections.Immutable;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr;

/// <summary>A stream as replies carry it: as in the classic dialect, then its options.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Options">None are known; kept for whoever reads a later server.</param>
public readonly record struct VsrStreamRecord(StreamRecord Stream, ImmutableArray<WireOption> Options) : IWireValue<VsrStreamRecord>
{
    /// <inheritdoc/>
    public static VsrStreamRecord Read(ref WireReader reader) => new(StreamRecord.Read(ref reader), OptionsBlock.ReadPrefixed(ref reader));

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Stream.Write(writer);
        OptionsBlock.WritePrefixed(writer, Options);
    }

    /// <inheritdoc/>
    public bool Equals(VsrStreamRecord other) => Stream == other.Stream && OptionsBlock.AreEqual(Options, other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => Stream.GetHashCode();
}

/// <summary>A stream and its topics.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Topics">As many as the record says, by ascending id.</param>
public sealed record VsrStreamDetails(VsrStreamRecord Stream, ImmutableArray<VsrTopicRecord> Topics) : IWireValue<VsrStreamDetails>
{
    /// <inheritdoc/>
    public static VsrStreamDetails Read(ref WireReader reader)
    {
        var stream = VsrStreamRecord.Read(ref reader);
        return new(stream, WireRecords.Read<VsrTopicRecord>(ref reader, stream.Stream.TopicsCount, VsrTopicRecord.MinSizeInBytes));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The count is another.</exception>
    public void Write(WireWriter writer)
    {
        Stream.Write(writer);
        WireRecords.Write(writer, Topics, Stream.Stream.TopicsCount);
    }
}
