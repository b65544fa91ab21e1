using Iggy.Storage.Files;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>
/// Reserves the space of a segment in steps ahead of its writer, which is also how its file grows, and has the pages of a briskly written one prepared in the background:
/// the first touch of a page costs several times what the copy into it does. An idle partition reserves a small step and warms nothing.
/// </summary>
internal sealed class SpaceReserve : IThreadPoolWorkItem
{
    private const uint FirstStepBytes = 64 << 10;
    private const uint LargestStepBytes = 64 << 20;
    private const uint WarmStepBytes = 16 << 20;
    private const uint WarmFromStepBytes = 4 << 20; // a step this large was preceded by others used up within a second each
    private const uint PageBytes = 4096;
    private static readonly TimeSpan s_briskStep = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle _file;
    private readonly SegmentMapping? _map;
    private readonly uint _capacity;
    private readonly IDisk _disk;
    private readonly TimeProvider _clock;
    private uint _reservedEnd, _stepBytes;
    private long _steppedAt;
    private uint _warmEnd, _warmBytes; // what the background is to do; its own while it runs
    private volatile bool _isWarming;
    private volatile bool _cannotWarm;

    /// <param name="file">Of the segment.</param>
    /// <param name="map">Its mapping, or null.</param>
    /// <param name="capacity">Bytes that it may get.</param>
    /// <param name="reservedEnd">How much of it has space for sure.</param>
    /// <param name="disk">To reserve.</param>
    /// <param name="clock">To see how briskly it is written.</param>
    public SpaceReserve(SafeFileHandle file, SegmentMapping? map, uint capacity, uint reservedEnd, IDisk disk, TimeProvider clock)
    {
        (_file, _map, _capacity, _reservedEnd, _disk, _clock) = (file, map, capacity, Math.Min(reservedEnd, capacity), disk, clock);
        _cannotWarm = map is null;
        _steppedAt = clock.GetTimestamp();
    }

    /// <summary>The file is at least this long, unless somebody else cut it.</summary>
    public uint ReservedEnd => _reservedEnd;

    /// <summary>Makes sure that the bytes from the end of the records to a new end can be written.</summary>
    /// <returns>False when the disk is full.</returns>
    public bool TryReserve(uint end, uint newEnd)
    {
        if (newEnd <= _reservedEnd)
            return true;
        if (newEnd > _capacity)
            throw new InvalidOperationException("More is to be written than the segment takes.");

        ChooseStep();
        var generous = Math.Max(newEnd, Math.Min((ulong)_reservedEnd + _stepBytes, _capacity));
        return TryReserveTo(RoundUp(generous)) || TryReserveTo(RoundUp(newEnd));
    }

    /// <summary>Has the next stretch warmed if the writer is coming near the end of the warm one.</summary>
    public void WarmAhead(uint end)
    {
        if (_stepBytes < WarmFromStepBytes || _isWarming || _cannotWarm)
            return;
        var from = Math.Max(_warmEnd, end) & ~(PageBytes - 1);
        if (from - Math.Min(from, end) > WarmStepBytes / 2)
            return;
        // Beyond what is reserved nothing may be touched; running out of it early costs one more step, taken ahead of time.
        if (_reservedEnd - Math.Min(_reservedEnd, from) < WarmStepBytes && !TryReserveTo(RoundUp((ulong)_reservedEnd + _stepBytes)))
            return;
        var bytes = Math.Min(WarmStepBytes, _reservedEnd - Math.Min(from, _reservedEnd)) & ~(PageBytes - 1);
        if (bytes == 0)
            return;

        (_warmEnd, _warmBytes, _isWarming) = (from, bytes, true);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Warms the stretch that was chosen. A stretch that cannot be warmed is written all the same, only slower.</summary>
    public void Execute()
    {
        _cannotWarm = !_map!.TryPopulate(_warmEnd, _warmBytes);
        _warmEnd += _warmBytes;
        _isWarming = false;
    }

    private static uint RoundUp(ulong end) => (uint)Math.Min((end + PageBytes - 1) & ~(ulong)(PageBytes - 1), uint.MaxValue & ~(PageBytes - 1));

    // Doubles while steps are used up quickly, shrinks when they last.
    private void ChooseStep()
    {
        var isBrisk = _clock.GetElapsedTime(_steppedAt) < s_briskStep;
        _steppedAt = _clock.GetTimestamp();
        _stepBytes = _stepBytes == 0 ? FirstStepBytes
            : isBrisk ? Math.Min(_stepBytes * 2, LargestStepBytes)
            : Math.Max(_stepBytes / 2, FirstStepBytes);
    }

    private bool TryReserveTo(uint newEnd)
    {
        newEnd = Math.Min(newEnd, _capacity);
        if (newEnd <= _reservedEnd)
            return true;
        if (!_disk.TryReserve(_file, _reservedEnd, newEnd - _reservedEnd))
            return false;
        _reservedEnd = newEnd;
        return true;
    }
}
