using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Files;

/// <summary>The active segment's file in memory. The one place with pointers; no span of it may outlive the call that took it.</summary>
internal sealed unsafe class SegmentMapping : IDisposable
{
    private readonly SafeHandle _view; // while somebody holds it the memory stays mapped
    private readonly byte* _start;
    private readonly MemoryMappedFile? _file; // not on Linux
    private readonly MemoryMappedViewAccessor? _accessor;
    private bool _isDisposed;

    /// <summary>Maps a file. On Linux it keeps its length and grows as space is reserved; elsewhere it is made that long, sparse. Touch only
    /// what was reserved: anything else is a SIGBUS.</summary>
    public SegmentMapping(SafeFileHandle file, uint capacity)
    {
        Capacity = capacity;
        if (OperatingSystem.IsLinux())
        {
            _view = MappedFile.Map(file, capacity);
            _start = (byte*)_view.DangerousGetHandle();
            return;
        }
        RandomAccess.SetLength(file, capacity);
        _file = MemoryMappedFile.CreateFromFile(file, null, capacity, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        _accessor = _file.CreateViewAccessor(0, capacity, MemoryMappedFileAccess.ReadWrite);
        _view = _accessor.SafeMemoryMappedViewHandle;
        _accessor.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _accessor.PointerOffset;
    }

    /// <summary>Bytes mapped.</summary>
    public uint Capacity { get; }

    /// <summary>Bytes of the file in memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie within the mapping.</exception>
    public Span<byte> Slice(uint position, int bytes)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position + (ulong)bytes, Capacity, nameof(position));
        return new Span<byte>(_start + position, bytes);
    }

    /// <summary>
    /// Lets the kernel make pages writable now, so that the writer does not stop at each of them. May run beside a
    /// <see cref="Dispose"/>: the memory stays mapped until this is done.
    /// </summary>
    /// <returns>False when the kernel does not know how, the file is shorter, or the segment is gone.</returns>
    public bool TryPopulate(uint position, uint bytes)
    {
        if (!OperatingSystem.IsLinux() || position + (ulong)bytes > Capacity)
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
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (_accessor is not null)
            _accessor.SafeMemoryMappedViewHandle.ReleasePointer();
        // The view's handle goes first: disposing an accessor with an open one waits for an msync of the whole file.
        _view.Dispose();
        _accessor?.Dispose();
        _file?.Dispose();
    }
}
