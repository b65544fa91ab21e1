using System.Globalization;
using System.Runtime.InteropServices;
using Iggy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>
/// Keeps a partition to one writer: the lock file is held exclusively while the log is open, and counts its openings. The count,
/// the writer epoch, is in every record, so bytes left by an earlier writer are told from those of the present one.
/// </summary>
internal sealed class PartitionLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private PartitionLock(SafeFileHandle file, uint epoch) => (_file, Epoch) = (file, epoch);

    /// <summary>The file; closed with the lock.</summary>
    public SafeFileHandle File => _file;

    /// <summary>This opening's number: above that of every earlier one, and on disk before it is used.</summary>
    public uint Epoch { get; }

    // Two slots at 0 and 512, written in turn: a write torn by a power failure leaves the older one.
    [StructLayout(LayoutKind.Sequential, Pack = 1, Size = 32)]
    private struct Slot
    {
        public const int SizeInBytes = 32;
        public const int Distance = 512;
        public const uint ExpectedMagic = 0x4B434F4C; // "LOCK"

        public uint Magic, Epoch;             // @0
        public ulong OpenedMicros;            // @8
        public uint ProcessId;                // @16
        private readonly uint _reserved;      // @20
        public ulong Checksum;                // @24

        public readonly bool IsIntact => Magic == ExpectedMagic && Checksum == FileFormat.ChecksumOfBlock(in this);
    }

    /// <summary>Writes the log's figures down: they are true until the next opening. Not synced: after a power cut they may be missing.</summary>
    public void WriteSummary(in LogSummary summary) => SummaryBlock.Write(_file, in summary, Epoch);

    /// <summary>Makes the lock file of a new partition: epoch 0.</summary>
    public static void Create(PartitionFolder folder, IDisk disk)
    {
        using var file = System.IO.File.OpenHandle(folder.LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        disk.Flush(file);
    }

    /// <summary>Takes the lock and the next epoch.</summary>
    /// <exception cref="PartitionLockedException">Another log, in this process or another, holds it.</exception>
    public static PartitionLock Take(PartitionFolder folder, IDisk disk, TimeProvider clock, ILogger logger) =>
        TakeWith(folder, given: null, disk, clock, logger);

    /// <summary>Takes the lock file of a log whose records were written elsewhere: its next opening gets the epoch after this one.</summary>
    /// <exception cref="PartitionLockedException">Another log, in this process or another, holds it.</exception>
    public static PartitionLock TakeAt(PartitionFolder folder, uint epoch, IDisk disk, TimeProvider clock, ILogger logger) =>
        TakeWith(folder, epoch, disk, clock, logger);

    /// <summary>Reads the figures of a log that nobody has open, without taking its lock, so that no opening can meet this reading.</summary>
    /// <returns>False when nothing is known: there is no log, it was never closed in order, or the file cannot be read here.</returns>
    public static bool TryReadSummary(PartitionFolder folder, out LogSummary summary)
    {
        summary = default;
        using var file = Native.TryOpenUnlocked(folder.LockPath);
        if (file is null)
            return false;
        if (RandomAccess.GetLength(file) == 0 && folder.ListSegments().Count == 0)
        {
            summary = LogSummary.OfNew;
            return true;
        }
        return ReadEpoch(file) is { } epoch && SummaryBlock.TryRead(file, epoch, out summary);
    }

    /// <summary>Takes the lock without counting an opening: for somebody who only deletes.</summary>
    /// <exception cref="PartitionLockedException">Another log, in this process or another, holds it.</exception>
    public static IDisposable Hold(PartitionFolder folder) => OpenExclusively(folder);

    public void Dispose() => _file.Dispose();

    private static SafeFileHandle OpenExclusively(PartitionFolder folder)
    {
        try
        {
            return System.IO.File.OpenHandle(folder.LockPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new PartitionLockedException(folder.Path, ReadOwner(folder) ?? failure.Message);
        }
    }

    private static void WriteOwner(PartitionFolder folder, TimeProvider clock, ILogger logger)
    {
        try
        {
            System.IO.File.WriteAllText(folder.OwnerPath, string.Create(CultureInfo.InvariantCulture,
                $"process {Environment.ProcessId} on {Environment.MachineName} since {clock.GetUtcNow():O}"));
        }
        catch (IOException failure)
        {
            logger.OwnerNotWritten(folder.OwnerPath, failure); // only text for people: a full disk must not keep readers out
        }
    }

    private static string? ReadOwner(PartitionFolder folder)
    {
        try
        {
            return System.IO.File.ReadAllText(folder.OwnerPath);
        }
        catch (IOException)
        {
            return null; // the holder has not written it yet; the caller names the failure itself
        }
    }

    private static PartitionLock TakeWith(PartitionFolder folder, uint? given, IDisk disk, TimeProvider clock, ILogger logger)
    {
        var file = OpenExclusively(folder);
        try
        {
            var now = clock.UnixMicros();
            var epoch = given ?? NextEpoch(folder, file, now, logger);
            WriteSlot(file, epoch, now);
            disk.Flush(file);
            WriteOwner(folder, clock, logger);
            return new PartitionLock(file, epoch);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static uint NextEpoch(PartitionFolder folder, SafeFileHandle file, ulong nowMicros, ILogger logger)
    {
        var last = ReadEpoch(file);
        if (last is null && (RandomAccess.GetLength(file) > 0 || folder.ListSegments().Count > 0)) // the second: the lock file was lost and made anew
        {
            // Seconds since 1970 are above any count of openings, so the order of epochs holds.
            last = (uint)Math.Min(nowMicros / 1_000_000, uint.MaxValue - 1);
            logger.EpochUnreadable(folder.LockPath, last.Value + 1);
        }

        return checked((last ?? 0) + 1);
    }

    private static void WriteSlot(SafeFileHandle file, uint epoch, ulong nowMicros)
    {
        var slot = new Slot { Magic = Slot.ExpectedMagic, Epoch = epoch, OpenedMicros = nowMicros, ProcessId = (uint)Environment.ProcessId };
        slot.Checksum = FileFormat.ChecksumOfBlock(in slot);
        RandomAccess.Write(file, MemoryMarshal.AsBytes(new ReadOnlySpan<Slot>(in slot)), slot.Epoch % 2 * Slot.Distance);
    }

    private static uint? ReadEpoch(SafeFileHandle file)
    {
        uint? last = null;
        for (var i = 0; i < 2; i++)
        {
            var slot = default(Slot);
            if (RandomAccess.Read(file, MemoryMarshal.AsBytes(new Span<Slot>(ref slot)), i * Slot.Distance) == Slot.SizeInBytes && slot.IsIntact)
                last = Math.Max(last ?? 0, slot.Epoch);
        }
        return last;
    }
}
