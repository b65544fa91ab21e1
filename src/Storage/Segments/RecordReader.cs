using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Records;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Storage.Segments;

/// <summary>
/// Reads records of one segment. What this process wrote or verified is read from memory; everything else through the file into
/// scratch memory with its checksum verified every time, because a bad disk block is an error there, and in a mapping it costs the log.
/// </summary>
/// <param name="file">The segment; null where its bytes lie elsewhere.</param>
/// <param name="generation">Of the segment.</param>
/// <param name="limit">End of what may be read.</param>
/// <param name="map">Its mapping, or null.</param>
/// <param name="mappedFrom">Position from which the mapping may be trusted.</param>
/// <param name="chunkBytes">How much to read at once: about what the caller is going to need.</param>
/// <param name="elsewhere">Its bytes, where there is no file.</param>
internal ref struct RecordReader(SafeFileHandle? file, uint generation, uint limit, SegmentMapping? map, uint mappedFrom, int chunkBytes, ISegmentBytes? elsewhere = null)
{
    private const int PageBytes = 4096;

    private byte[]? _scratch; // owned; returned by Dispose
    private uint _scratchPosition;
    private int _scratchBytes;

    /// <summary>The header at a position, if one of this segment is there and its record, padding aside, ends within the limit.</summary>
    public bool TryReadHeader(uint position, out RecordHeader header)
    {
        header = default;
        if (!TryLoad(position, RecordHeader.SizeInBytes, out var bytes))
            return false;
        header = MemoryMarshal.Read<RecordHeader>(bytes);
        return header.IsIntact(generation) && position + (ulong)header.RecordBytes <= limit;
    }

    /// <summary>The body of a record whose header was read; valid until the next call.</summary>
    /// <returns>False when it cannot be read or is not what was written.</returns>
    public bool TryReadBody(uint position, scoped in RecordHeader header, out ReadOnlySpan<byte> body)
        => TryLoad(position + RecordHeader.SizeInBytes, (int)header.BodyBytes, out body)
            && (IsMapped(position) || FileFormat.Checksum(body) == header.BodyChecksum);

    /// <summary>Size of the frames of a record whose header was read, without unpacking them.</summary>
    public bool TryReadFramesBytes(uint position, scoped in RecordHeader header, out uint framesBytes)
    {
        framesBytes = header.BodyBytes;
        if (!header.HasEnvelope)
            return true;
        if (!TryLoad(position + RecordHeader.SizeInBytes, RecordEnvelope.SizeInBytes, out var envelope))
            return false;
        framesBytes = RecordEnvelope.FramesBytes(envelope);
        return header.CanHold(framesBytes);
    }

    /// <summary>Looks for the next record behind damage, from a position on.</summary>
    /// <param name="position">Multiple of 8 to start at; where the record starts, when found.</param>
    /// <param name="fromOffset">Smallest base offset that makes sense.</param>
    /// <param name="belowOffset">Base offsets from here on cannot be of this segment.</param>
    /// <param name="header">Its header.</param>
    public bool TryFindNext(ref uint position, ulong fromOffset, ulong belowOffset, out RecordHeader header)
    {
        header = default;
        ulong at = position;
        while (at + RecordHeader.SizeInBytes <= limit)
        {
            if (!TryLoad((uint)at, sizeof(uint), out var bytes))
            {
                at = (at | (PageBytes - 1)) + 1; // an unreadable block: try behind it
                continue;
            }
            if (MemoryMarshal.Read<uint>(bytes) == RecordHeader.ExpectedMagic && TryReadHeader((uint)at, out header)
                && header.BaseOffset >= fromOffset && header.BaseOffset < belowOffset)
            {
                position = (uint)at;
                return true;
            }
            at += RecordFormat.Alignment;
        }
        return false;
    }

    public void Dispose()
    {
        if (_scratch is not null)
            LargeArrays.Return(_scratch);
        _scratch = null;
        _scratchBytes = 0;
    }

    private readonly bool IsMapped(uint position) => map is not null && position >= mappedFrom;

    private bool TryLoad(uint position, int bytes, out ReadOnlySpan<byte> loaded)
    {
        loaded = default;
        if (position + (ulong)bytes > limit)
            return false;
        if (IsMapped(position))
        {
            loaded = map!.Slice(position, bytes);
            return true;
        }

        var isInScratch = position >= _scratchPosition && position - _scratchPosition + (ulong)bytes <= (ulong)_scratchBytes;
        if (!isInScratch && !TryFill(position, bytes))
            return false;
        loaded = _scratch.AsSpan((int)(position - _scratchPosition), bytes);
        return true;
    }

    private bool TryFill(uint position, int bytes)
    {
        var wanted = (int)Math.Min(Math.Max((uint)bytes, (uint)chunkBytes), limit - position);
        if (_scratch is null || _scratch.Length < wanted)
        {
            Dispose();
            _scratch = LargeArrays.Rent(wanted);
        }
        _scratchPosition = position;
        _scratchBytes = Read(position, wanted);
        if (_scratchBytes < bytes && wanted > bytes)
            _scratchBytes = Read(position, bytes); // a bad block behind these bytes must not take them along
        return _scratchBytes >= bytes;
    }

    private readonly int Read(uint position, int bytes)
    {
        var done = 0;
        try
        {
            while (done < bytes)
            {
                var into = _scratch.AsSpan(done, bytes - done);
                var read = elsewhere is null ? RandomAccess.Read(file!, into, position + (long)done) : elsewhere.Read(into, position + (long)done);
                if (read == 0)
                    break; // the file ends here
                done += read;
            }
        }
        catch (IOException)
        {
            // An unreadable block is damage like any other: the caller finds fewer bytes than it needs and reports the offsets.
        }
        return done;
    }
}
