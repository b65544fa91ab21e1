using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Offsets;
using Iggy.Storage.Producers;
using Iggy.Storage.Records;
using Iggy.Storage.Segments;

namespace Iggy.Storage.Tests;

/// <summary>The layouts of docs/formats/segment.md, byte for byte: a change here makes old files unreadable.</summary>
public class FormatTests
{
    [Fact]
    public void Structs_OnDisk_HaveTheirDocumentedSizes()
    {
        Assert.Equal(64, Unsafe.SizeOf<SegmentHead>());
        Assert.Equal(64, Unsafe.SizeOf<CommitSlot>());
        Assert.Equal(64, Unsafe.SizeOf<SealBlock>());
        Assert.Equal(64, Unsafe.SizeOf<RecordHeader>());
        Assert.Equal(48, Unsafe.SizeOf<MessageFrame>());
        Assert.Equal(64, Unsafe.SizeOf<ClassicMessage>());
        Assert.Equal(72, Unsafe.SizeOf<CompactBatch>());
        Assert.Equal(16, Unsafe.SizeOf<ProducerSection>());
        Assert.Equal(16, Unsafe.SizeOf<ProducedRange>());
        Assert.Equal(16, Unsafe.SizeOf<ProducerFile.Entry>());
        Assert.Equal(64, Unsafe.SizeOf<ProducerFile.Head>());
        Assert.Equal(16, Unsafe.SizeOf<IndexEntry>());
        Assert.Equal(32, Unsafe.SizeOf<ConsumerOffsets.Slot>());
        Assert.Equal(64, Unsafe.SizeOf<Inventory.Slot>());
        Assert.Equal(128, Unsafe.SizeOf<SummaryBlock>());
    }

    [Theory]
    [InlineData(nameof(RecordHeader.Magic), 0)]
    [InlineData(nameof(RecordHeader.RecordBytes), 4)]
    [InlineData(nameof(RecordHeader.BaseOffset), 8)]
    [InlineData(nameof(RecordHeader.BaseTimestampMicros), 16)]
    [InlineData(nameof(RecordHeader.OriginTimestampMicros), 24)]
    [InlineData(nameof(RecordHeader.MessageCount), 32)]
    [InlineData(nameof(RecordHeader.Flags), 36)]
    [InlineData(nameof(RecordHeader.Epoch), 40)]
    [InlineData(nameof(RecordHeader.Generation), 44)]
    [InlineData(nameof(RecordHeader.BodyChecksum), 48)]
    [InlineData(nameof(RecordHeader.HeaderChecksum), 56)]
    public void RecordHeader_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<RecordHeader>(field));

    [Theory]
    [InlineData(nameof(SummaryBlock.Magic), 0)]
    [InlineData(nameof(SummaryBlock.Epoch), 4)]
    [InlineData(nameof(SummaryBlock.FirstOffset), 8)]
    [InlineData(nameof(SummaryBlock.NextOffset), 16)]
    [InlineData(nameof(SummaryBlock.MessagesCount), 24)]
    [InlineData(nameof(SummaryBlock.MessageBytes), 32)]
    [InlineData(nameof(SummaryBlock.LagMessages), 40)]
    [InlineData(nameof(SummaryBlock.SegmentsCount), 48)]
    [InlineData(nameof(SummaryBlock.Oldest), 52)]
    [InlineData(nameof(SummaryBlock.OldestFirstOffset), 56)]
    [InlineData(nameof(SummaryBlock.OldestFirstMicros), 64)]
    [InlineData(nameof(SummaryBlock.OldestLastMicros), 72)]
    [InlineData(nameof(SummaryBlock.Records), 80)]
    [InlineData(nameof(SummaryBlock.Checksum), 120)]
    public void SummaryBlock_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<SummaryBlock>(field));

    [Theory]
    [InlineData(nameof(SegmentHead.Magic), 0)]
    [InlineData(nameof(SegmentHead.Version), 8)]
    [InlineData(nameof(SegmentHead.Generation), 12)]
    [InlineData(nameof(SegmentHead.FirstOffset), 16)]
    [InlineData(nameof(SegmentHead.CreatedMicros), 24)]
    [InlineData(nameof(SegmentHead.LogId), 32)]
    [InlineData(nameof(SegmentHead.Checksum), 56)]
    public void SegmentHead_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<SegmentHead>(field));

    [Theory]
    [InlineData(nameof(Inventory.Slot.Magic), 0)]
    [InlineData(nameof(Inventory.Slot.Generation), 4)]
    [InlineData(nameof(Inventory.Slot.Sequence), 8)]
    [InlineData(nameof(Inventory.Slot.FirstOffset), 16)]
    [InlineData(nameof(Inventory.Slot.NewestSegment), 24)]
    [InlineData(nameof(Inventory.Slot.Ceiling), 32)]
    [InlineData(nameof(Inventory.Slot.LogId), 40)]
    [InlineData(nameof(Inventory.Slot.OffsetSlots), 48)]
    [InlineData(nameof(Inventory.Slot.Checksum), 56)]
    public void InventorySlot_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<Inventory.Slot>(field));

    [Theory]
    [InlineData(nameof(CommitSlot.Sequence), 0)]
    [InlineData(nameof(CommitSlot.Position), 8)]
    [InlineData(nameof(CommitSlot.Generation), 12)]
    [InlineData(nameof(CommitSlot.NextOffset), 16)]
    [InlineData(nameof(CommitSlot.MessageBytes), 24)]
    [InlineData(nameof(CommitSlot.FirstTimestampMicros), 32)]
    [InlineData(nameof(CommitSlot.LastTimestampMicros), 40)]
    [InlineData(nameof(CommitSlot.Records), 48)]
    [InlineData(nameof(CommitSlot.SyncedPosition), 52)]
    [InlineData(nameof(CommitSlot.Checksum), 56)]
    public void CommitSlot_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<CommitSlot>(field));

    [Theory]
    [InlineData(nameof(SealBlock.Magic), 0)]
    [InlineData(nameof(SealBlock.Generation), 4)]
    [InlineData(nameof(SealBlock.NextOffset), 8)]
    [InlineData(nameof(SealBlock.MessageBytes), 16)]
    [InlineData(nameof(SealBlock.FirstTimestampMicros), 24)]
    [InlineData(nameof(SealBlock.LastTimestampMicros), 32)]
    [InlineData(nameof(SealBlock.EndPosition), 40)]
    [InlineData(nameof(SealBlock.Records), 44)]
    [InlineData(nameof(SealBlock.Checksum), 56)]
    public void SealBlock_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<SealBlock>(field));

    [Theory]
    [InlineData(nameof(MessageFrame.Checksum), 0)]
    [InlineData(nameof(MessageFrame.IdLow), 8)]
    [InlineData(nameof(MessageFrame.OffsetDelta), 24)]
    [InlineData(nameof(MessageFrame.TimestampDelta), 28)]
    [InlineData(nameof(MessageFrame.UserHeadersBytes), 32)]
    [InlineData(nameof(MessageFrame.PayloadBytes), 36)]
    [InlineData(nameof(MessageFrame.Reserved), 40)]
    public void MessageFrame_Field_LiesWhereDocumented(string field, int offset)
        => Assert.Equal(offset, (int)Marshal.OffsetOf<MessageFrame>(field));

    [Fact]
    public void MessageIds_Next_AreDistinctUuidsOfVersion4()
    {
        var ids = new MessageIds();
        var seen = new HashSet<(ulong, ulong)>();
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 1000; i++)
        {
            var id = ids.Next();
            BitConverter.TryWriteBytes(bytes, id.Low);
            BitConverter.TryWriteBytes(bytes[8..], id.High);
            Assert.Equal(0x40, bytes[6] & 0xF0);
            Assert.Equal(0x80, bytes[8] & 0xC0);
            Assert.True(seen.Add(id));
        }
    }
}
