using Iggy.Storage.Files;

namespace Iggy.Storage.Log;

/// <summary>How far consumers are behind, in messages and in time.</summary>
public sealed partial class PartitionLog
{
    /// <summary>Messages behind the smallest stored offset; 0 when none is stored.</summary>
    public ulong LagMessages => _offsets.TryGetSmallest(out var smallest) && _reader.VisibleEnd > smallest ? _reader.VisibleEnd - smallest - 1 : 0;

    /// <summary>The groups that have stored an offset, in no order.</summary>
    public (uint GroupId, ulong Offset)[] ListGroupOffsets() => _offsets.List(ConsumerKind.Group);

    /// <summary>What is behind a stored offset; of the whole log where none is stored.</summary>
    public ConsumerLag LagAfter(ulong? storedOffset)
    {
        var from = Math.Max(storedOffset + 1 ?? 0, FirstOffset);
        if (_isClosed || _isRebuilding || from >= _reader.VisibleEnd)
            return default;
        try
        {
            return new ConsumerLag(_reader.VisibleEnd - from, from < _segments.FirstOffset ? TimestampOfCold(from) : _reader.TimestampOf(from));
        }
        catch (Exception failure) when (failure is FileCutException || _segments.Active.HasLostPages)
        {
            _commit.Fail(failure); // as for a read
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _context.Logger.OpenFailed(_context.Folder.Path, failure);
        }
        return new ConsumerLag(_reader.VisibleEnd - from, 0);
    }

    /// <summary>The same of all groups of a log that nobody has open, out of its files.</summary>
    /// <param name="folder">The partition's folder.</param>
    /// <param name="summary">What <see cref="TryReadSummary"/> said.</param>
    /// <exception cref="IOException">A file cannot be read, or went meanwhile: somebody opened the log.</exception>
    public static LogLags ReadLags(string folder, in LogSummary summary) => new ClosedLagReader(new PartitionFolder(folder), summary.Stats).Read();
}
