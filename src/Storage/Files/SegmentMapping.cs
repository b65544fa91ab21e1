using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>The active segment's file in memory. No span of it may outlive the call that took it.</summary>
internal sealed unsafe class SegmentMapping : IDisposable
{
    private readonly MappedFile _view; // while somebody holds it the memory stays mapped
    private readonly byte* _start;
    private bool _isDisposed;

    private SegmentMapping(MappedFile view, uint capacity)
    {
        (_view, Capacity) = (view, capacity);
        _start = (byte*)view.DangerousGetHandle();
    }

    /// <summary>Bytes mapped.</summary>
    public uint Capacity { get; }

    /// <summary>Whether a page was gone when it was touched. To be asked after what was read or written counts for something.</summary>
    public bool HasLostPages => !_isDisposed && _view.HasLostPages;

    /// <summary>Maps a file, which keeps its length and grows as space is reserved. Touch only what was reserved.</summary>
    /// <returns>Null where nothing can be mapped safely.</returns>
    /// <exception cref="IOException">The system refused.</exception>
    public static SegmentMapping? TryMap(SafeFileHandle file, uint capacity)
        => MappedFile.TryMap(file, capacity) is { } view ? new SegmentMapping(view, capacity) : null;

    /// <summary>Bytes of the file in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within the mapping.</exception>
    /// <exception cref="FileCutException">The mapping lost a page.</exception>
    public Span<byte> Slice(uint position, int bytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position + (ulong)bytes, Capacity, nameof(position));
        ThrowIfPagesLost(); // whoever walks on over empty pages ends here
        return new Span<byte>(_start + position, bytes);
    }

    /// <summary>To be called when what was read or written is to count.</summary>
    /// <exception cref="FileCutException">The mapping lost a page.</exception>
    public void ThrowIfPagesLost()
    {
        if (HasLostPages)
            throw new FileCutException("A page of the open segment is gone: another program cut it, or the disk cannot be read.");
    }

    /// <summary>
    /// Lets the kernel make pages writable now, so that the writer does not stop at each of them. May run beside a
    /// <see cref="Dispose"/>: the memory stays mapped until this is done.
    /// </summary>
    /// <returns>False when the kernel does not know how, the file is shorter, or the segment is gone.</returns>
    public bool TryPopulate(uint position, uint bytes)
    {
        if (position + (ulong)bytes > Capacity)
            return false;

        var isHeld = false;
        try
        {
            _view.DangerousAddRef(ref isHeld);
            return Native.Advise((nint)(_start + position), bytes, Native.PopulateWrite) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false; // rolled meanwhile: nothing to warm
        }
        finally
        {
            if (isHeld)
                _view.DangerousRelease();
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _view.Dispose();
    }
}
