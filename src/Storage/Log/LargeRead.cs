using Iggy.Storage.AtRest;
using Iggy.Storage.Context;
using Iggy.Storage.Files;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Log;

/// <inheritdoc cref="ILargeRead"/>
internal sealed class LargeRead : ILargeRead
{
    private readonly SegmentSnapshot _segments;
    private readonly RecordBodies _bodies;
    private readonly MessageWalk _walk;
    private readonly ReadRequest _request;
    private readonly int _pieceBytes;
    private readonly List<Piece> _pieces = []; // two neighbours are larger than one of usual size, so the reply's limit bounds them
    private ReadStart _next;
    private int _piecesMade;

    public LargeRead(SegmentSnapshot segments, LogContext context, ReadRequest request, ReadStart start)
    {
        (_segments, _bodies) = (segments, new RecordBodies(context.Options.Encryption, context.Options.Name)); // ciphers are for one thread
        _walk = new MessageWalk(segments, _bodies);
        (_request, _next, _pieceBytes) = (request with { HeadroomBytes = 0 }, start, context.Options.PieceBytes);
    }

    /// <param name="Start">Where it begins.</param>
    /// <param name="Count">Messages in it.</param>
    /// <param name="Bytes">Their size.</param>
    /// <param name="BufferBytes">What is needed to write them.</param>
    private readonly record struct Piece(ReadStart Start, uint Count, int Bytes, int BufferBytes);

    public ReadStatus Status { get; private set; }

    public long Bytes { get; private set; }

    public uint Count { get; private set; }

    public ulong LastOffset { get; private set; }

    public int PieceBytes { get; private set; }

    /// <summary>Where the reader will go on, in the log's own segment.</summary>
    public (Segment Segment, ReadStart Next) End => (_segments.Original(_next.Segment), _next);

    public bool MeasureSome()
    {
        var left = _request.MaxBytes - Bytes;
        if (Status is not ReadStatus.Ok || Count == _request.Count || (Count > 0 && left <= 0))
            return false;

        var limits = new ReplyLimits(_request.Count - Count, (int)Math.Clamp(left, 1, _pieceBytes), int.MaxValue, KeepsRecordsWhole: true);
        var measure = new ReplyWriter(in _request, _next.Offset, in limits, 0, ReplyPurpose.Measure);
        var end = _walk.Fill(ref measure, in _next, MessageWalk.UsualRecordBytes);
        if (measure.Count == 0)
        {
            if (Count == 0 && end.Damage is { } damage)
                (Status, LastOffset) = (ReadStatus.Damaged, damage.LastOffset);
            return false;
        }
        if (Count > 0 && measure.Bytes > left)
            return false; // one message that does not fit any more

        _pieces.Add(new Piece(_next, measure.Count, measure.Bytes, measure.BufferBytes));
        (Bytes, Count, LastOffset) = (Bytes + measure.Bytes, Count + measure.Count, measure.LastOffset);
        PieceBytes = Math.Max(PieceBytes, measure.BufferBytes);
        _next = end.Next;
        return end.Damage is null;
    }

    public (byte[] Array, int Bytes, bool IsRented)? NextPiece()
    {
        if (_piecesMade == _pieces.Count)
            return null;

        var piece = _pieces[_piecesMade++];
        var limits = new ReplyLimits(piece.Count, int.MaxValue, int.MaxValue, KeepsRecordsWhole: false);
        var reply = new ReplyWriter(in _request, piece.Start.Offset, in limits, piece.BufferBytes, ReplyPurpose.Piece);
        try
        {
            _walk.Fill(ref reply, piece.Start, MessageWalk.UsualRecordBytes);
            if (reply.Count != piece.Count || reply.Bytes != piece.Bytes)
                throw new IOException($"Offset {piece.Start.Offset} and the following could be read a moment ago and cannot be read now.");
            var array = reply.Detach()!;
            return (array, piece.Bytes, LargeArrays.IsPooled(array));
        }
        finally
        {
            reply.Dispose();
        }
    }

    public void Dispose()
    {
        _segments.Dispose();
        _bodies.Dispose();
    }
}
