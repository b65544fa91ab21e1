using Iggy.Storage.Context;
using Iggy.Storage.Records;

namespace Iggy.Storage.Segments;

/// <summary>What is at a cursor.</summary>
internal enum CursorStep : byte
{
    /// <summary>A record with the offsets that were to come: <see cref="SegmentCursor.Header"/>.</summary>
    Record,

    /// <summary>Offsets that cannot be read: <see cref="SegmentCursor.Damage"/>.</summary>
    Damage,

    /// <summary>Nothing more in this segment.</summary>
    End,
}

/// <summary>Walks the records of one segment in offset order and names every offset it cannot read.</summary>
internal ref struct SegmentCursor(RecordReader reader, Segment segment, uint position, ulong offset, DamageList damage)
{
    private RecordReader _reader = reader;
    private uint _resumePosition;

    /// <summary>The record at the cursor, after a <see cref="CursorStep.Record"/>.</summary>
    public RecordHeader Header;

    /// <summary>Where the cursor stands.</summary>
    public uint Position { get; private set; } = position;

    /// <summary>The offset to come.</summary>
    public ulong Offset { get; private set; } = offset;

    /// <summary>The unreadable offsets at the cursor, after a <see cref="CursorStep.Damage"/>.</summary>
    public DamagedRange Damage { get; private set; }

    /// <summary>Says what is at the cursor.</summary>
    public CursorStep Peek()
    {
        if (Offset >= segment.NextOffset)
            return CursorStep.End;
        if (damage.TryFind(Offset, out var known) && known.Range.LastOffset < segment.NextOffset)
        {
            (Damage, _resumePosition) = (known.Range, known.ResumePosition);
            return CursorStep.Damage;
        }
        if (TryReadHeader())
            return CursorStep.Record;

        FindEndOfDamage();
        return CursorStep.Damage;
    }

    /// <summary>Whether a record with the offset to come is at the cursor. Says nothing about damage.</summary>
    public bool TryReadHeader() => !segment.IsDown && _reader.TryReadHeader(Position, out Header)
        && Header.BaseOffset == Offset && Header.NextOffset <= segment.NextOffset;

    /// <summary>The verified body of the record at the cursor, valid until the next call.</summary>
    /// <returns>False when it is damaged: <see cref="Damage"/> is set, and the cursor can skip it.</returns>
    public bool TryReadBody(out ReadOnlySpan<byte> body)
    {
        var header = Header;
        if (_reader.TryReadBody(Position, in header, out body))
            return true;
        CondemnRecord();
        return false;
    }

    /// <summary>Size of the frames of the record at the cursor, unpacked; as stored where that cannot be read.</summary>
    public uint ReadFramesBytes()
    {
        var header = Header;
        return _reader.TryReadFramesBytes(Position, in header, out var framesBytes) ? framesBytes : header.BodyBytes;
    }

    /// <summary>Treats the record at the cursor as damaged, whatever its checksum says.</summary>
    public void CondemnRecord(string reason = "a record does not match its checksum")
        => SetDamage(Header.NextOffset - 1, Position + Header.AlignedBytes, reason);

    /// <summary>Moves behind the record at the cursor.</summary>
    public void SkipRecord()
    {
        Position += Header.AlignedBytes;
        Offset = Header.NextOffset;
    }

    /// <summary>Moves behind the damage at the cursor.</summary>
    public void SkipDamage()
    {
        Position = _resumePosition;
        Offset = Damage.LastOffset + 1;
    }

    /// <summary>Moves behind whatever the last <see cref="Peek"/> found.</summary>
    public void Skip(CursorStep step)
    {
        if (step is CursorStep.Record)
            SkipRecord();
        else
            SkipDamage();
    }

    public void Dispose() => _reader.Dispose();

    private void FindEndOfDamage()
    {
        var resume = Position;
        if (segment.IsDown)
            SetDamage(segment.NextOffset - 1, segment.EndPosition, "the segment is down");
        else if (_reader.TryFindNext(ref resume, Offset + 1, segment.NextOffset, out var next))
            SetDamage(next.BaseOffset - 1, resume, "no record where one should be");
        else
            SetDamage(segment.NextOffset - 1, segment.EndPosition, "no record up to the end of the segment");
    }

    private void SetDamage(ulong lastOffset, uint resumePosition, string reason)
    {
        Damage = new DamagedRange(Offset, lastOffset);
        _resumePosition = resumePosition;
        damage.Add(Offset, lastOffset, resumePosition, reason);
    }
}
