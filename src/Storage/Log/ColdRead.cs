using System.Buffers;
using Iggy.Storage.AtRest;
using Iggy.Storage.Cold;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <inheritdoc cref="IColdRead"/>
/// <remarks>It ends with one piece, so its blocks are let go before anybody waits for a slow reader.</remarks>
internal sealed class ColdRead : IColdRead
{
    private const int ChunkBytes = (int)SegmentFormat.IndexStrideBytes;

    private readonly ColdSegments _segments;
    private readonly LogContext _context;
    private readonly RecordBodies _bodies;
    private readonly MessageWalk _walk;
    private readonly ReadRequest _request;
    private readonly ulong _offset;
    private ReadStart _at;      // where the search stands, then where the reply starts
    private DamagedRange? _before; // directly before it
    private bool _isSearching, _isLocated, _isMade;
    private byte[]? _piece;

    /// <param name="segments">Owned by the read.</param>
    /// <param name="context">Of the log.</param>
    /// <param name="request">With its limit of bytes.</param>
    /// <param name="offset">First one wanted; ignored where a time is.</param>
    public ColdRead(ColdSegments segments, LogContext context, ReadRequest request, ulong offset)
    {
        (_segments, _context, _offset, _request) = (segments, context, offset, request with { HeadroomBytes = 0 });
        _bodies = new RecordBodies(context.Options.Encryption, context.Options.Name); // ciphers are for one thread
        _walk = new MessageWalk(segments, _bodies);
    }

    public ColdNeed? Needs => _segments.Blocks.Missing;

    public ReadStatus Status { get; private set; }

    public long Bytes { get; private set; }

    public uint Count { get; private set; }

    public ulong LastOffset { get; private set; }

    public int PieceBytes { get; private set; }

    private bool IsByTime => _request.From is ReadFrom.Timestamp;

    public void Provide(IColdBlock block) => _segments.Blocks.Provide(block);

    public bool MeasureSome()
    {
        if (_isMade)
            return false;
        try
        {
            if (!_isLocated)
                Locate();
            if (_isLocated)
                Fill();
        }
        catch (ColdMissException)
        {
            return true;
        }
        if (Status is ReadStatus.Damaged)
        {
            _segments.Blocks.RequireIntact();
            if (_bodies.HasFailedToDecrypt)
                throw new ColdAwayException($"A key is missing that messages from offset {_offset} on are encrypted with."); // nothing is lost, so nobody is moved over it
        }
        _isMade = true;
        _segments.Blocks.Dispose();
        return false;
    }

    public (byte[] Array, int Bytes, bool IsRented)? NextPiece()
    {
        if (_piece is not { } piece)
            return null;
        _piece = null;
        return (piece, (int)Bytes, true);
    }

    public void Dispose()
    {
        if (_piece is { } piece)
            ArrayPool<byte>.Shared.Return(piece);
        _piece = null;
        _segments.Dispose();
        _bodies.Dispose();
    }

    // Index, then a short walk over the heads of records; goes on where it stopped when a block was missing.
    private void Locate()
    {
        if (!_isSearching)
            Start();
        for (; _at.Segment < _segments.Count; _at = new ReadStart(_at.Segment + 1, SegmentFormat.HeadBytes, _segments.Count > _at.Segment + 1 ? _segments[_at.Segment + 1].FirstOffset : 0, 0))
        {
            var segment = _segments[_at.Segment];
            using var cursor = _segments.OpenCursor(segment, _at.Position, _at.BaseOffset, ChunkBytes);
            while (cursor.Peek() is var step and not CursorStep.End)
            {
                if (IsFound(in cursor, step, out var isDamaged))
                {
                    (_isLocated, Status, LastOffset) = (!isDamaged, isDamaged ? ReadStatus.Damaged : ReadStatus.Ok, isDamaged ? (_before ?? cursor.Damage).LastOffset : 0);
                    _at = _at with { Offset = IsByTime ? cursor.Offset : _offset };
                    return;
                }
                _before = IsByTime && step is CursorStep.Damage ? cursor.Damage : null;
                cursor.Skip(step);
                _at = _at with { Position = cursor.Position, BaseOffset = cursor.Offset };
            }
        }
    }

    private bool IsFound(in SegmentCursor cursor, CursorStep step, out bool isDamaged)
    {
        isDamaged = step is CursorStep.Damage;
        if (!IsByTime)
            return _offset < (isDamaged ? cursor.Damage.LastOffset + 1 : cursor.Header.NextOffset);
        if (isDamaged || cursor.Header.BaseTimestampMicros < _request.Value)
            return false;
        isDamaged = _before is not null; // its times are unknown, so what was asked for may be in it
        return true;
    }

    private void Start()
    {
        var segment = _segments[0];
        var (position, baseOffset) = (SegmentFormat.HeadBytes, segment.FirstOffset);
        using var index = new SegmentIndex(_context.Folder, segment.FirstOffset, _context.Disk);
        var entry = IsByTime ? index.FindBefore(_request.Value) : index.FindOffset((uint)(_offset - segment.FirstOffset));
        if (entry is { } found && found.Position >= SegmentFormat.HeadBytes && found.Position < segment.EndPosition && found.Position % RecordFormat.Alignment == 0)
        {
            using var cursor = _segments.OpenCursor(segment, found.Position, segment.FirstOffset + found.OffsetInSegment, RecordHeader.SizeInBytes);
            if (cursor.TryReadHeader() && cursor.Header.BaseTimestampMicros == found.TimestampMicros)
                (position, baseOffset) = (found.Position, segment.FirstOffset + found.OffsetInSegment);
        }
        (_at, _isSearching) = (new ReadStart(0, position, baseOffset, 0), true);
    }

    private void Fill()
    {
        var limits = new ReplyLimits(_request.Count, _request.MaxBytes, int.MaxValue, KeepsRecordsWhole: false);
        var reply = new ReplyWriter(in _request, _at.Offset, in limits, _request.MaxBytes);
        try
        {
            var end = _walk.Fill(ref reply, in _at, MessageWalk.UsualRecordBytes);
            if (reply.Count == 0 && end.Damage is { } damage)
                (Status, LastOffset) = (ReadStatus.Damaged, damage.LastOffset);
            if (reply.Count > 0)
                (Bytes, Count, LastOffset, PieceBytes, _piece) = (reply.Bytes, reply.Count, reply.LastOffset, reply.BufferBytes, reply.Detach());
        }
        finally
        {
            reply.Dispose();
        }
    }
}
