using Iggy.Storage.Context;
using Iggy.Storage.Records;

namespace Iggy.Storage.Producers;

/// <summary>The producers of an open log: judges their batches, and writes the table down often enough for it to be found again quickly.</summary>
/// <remarks>What is on disk may be older than the log, never younger: records are the truth, and those behind the file are read at the next opening. So a table that
/// cannot be written is no harm until segments are to go, see <see cref="TryKeepBelow"/>.</remarks>
internal sealed class PartitionProducers(LogContext context, ProducerTable table, ulong? savedOffset)
{
    // What has to be read again after a death. Messages of everybody count, for all are read.
    private const ulong MostUnsavedBytes = 64 << 20;

    private ulong _unsavedBytes;
    private bool _hasChanged;

    /// <summary>How many are known.</summary>
    public int Count => table.Count;

    /// <summary>Says what a batch is.</summary>
    public ProducerVerdict Judge(in ProducerSection section, uint count, out ulong offset) => table.Judge(in section, count, out offset);

    /// <summary>To be called before a record is written that names a producer.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void RequireFile(ulong nextOffset)
    {
        if (savedOffset is null)
            Write(nextOffset);
    }

    /// <summary>Writes the table down, whatever is on disk.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void RequireWritten(ulong nextOffset) => Write(nextOffset);

    /// <summary>A batch was appended.</summary>
    public void Note(in ProducerSection section, uint count, ulong baseOffset)
    {
        table.Note(in section, count, baseOffset);
        _hasChanged = true;
    }

    /// <summary>So many bytes were appended, whoever sent them.</summary>
    public void NoteBytes(ulong bytes, ulong nextOffset)
    {
        if (savedOffset is null || (_unsavedBytes += bytes) < MostUnsavedBytes)
            return;
        _unsavedBytes = 0; // also when it fails: a full disk is not asked again for each append
        _ = TrySave(nextOffset);
    }

    /// <summary>Writes the table down where there is one and it has changed.</summary>
    /// <returns>False when the disk refused, which is logged.</returns>
    public bool TrySave(ulong nextOffset)
    {
        if (savedOffset is null || (!_hasChanged && savedOffset == nextOffset))
            return true;
        try
        {
            Write(nextOffset);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            context.Logger.ProducersNotWritten(context.Folder.ProducersPath, failure);
            return false;
        }
    }

    /// <summary>Makes sure that nothing below an offset is needed to know the producers.</summary>
    /// <returns>False when the disk refused: then the records have to stay.</returns>
    public bool TryKeepBelow(ulong offset, ulong nextOffset) => savedOffset is null || savedOffset >= offset || TrySave(nextOffset);

    private void Write(ulong nextOffset)
    {
        ProducerFile.Write(context, table, nextOffset);
        (savedOffset, _unsavedBytes, _hasChanged) = (nextOffset, 0, false);
    }
}
