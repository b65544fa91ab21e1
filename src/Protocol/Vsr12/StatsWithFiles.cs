using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Vsr12;

/// <summary>Figures of the server, and how many files it has open. Both numbers or none of them are there.</summary>
/// <param name="Stats">The figures.</param>
/// <param name="Files">Open files, and how many there may be; null where that is not told.</param>
public sealed record StatsWithFiles(StatsReply Stats, (ulong Open, ulong Limit)? Files) : IWireValue<StatsWithFiles>
{
    /// <inheritdoc/>
    public static StatsWithFiles Read(ref WireReader reader)
    {
        var stats = StatsReply.Read(ref reader);
        return new(stats, reader.IsAtEnd ? null : (reader.U64(), reader.U64()));
    }

    /// <inheritdoc/>
    public void Write(WireWriter writer)
    {
        Stats.Write(writer);
        if (Files is not { } files)
            return;
        writer.U64(files.Open);
        writer.U64(files.Limit);
    }
}
