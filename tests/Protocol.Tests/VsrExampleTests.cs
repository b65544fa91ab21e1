using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>The worked examples of the newer dialect, in both directions.</summary>
public class VsrExampleTests
{
    private const ulong First = 1;

    [Fact]
    public void Examples_AllOfThem_AreHere() => Assert.Equal(19, VsrExample.Count);

    [Fact]
    public void Register_ReadAndWritten_IsTheExample()
    {
        var header = Request("register", Operation.Register, request: 0, session: 0, CommandCode.None, hasChecksum: true);
        Assert.Equal(UInt128.Parse("8fde203c2a3f8095", System.Globalization.NumberStyles.HexNumber, null), header.RequestChecksum);
        Assert.True(RegisterRequest.TryRead(VsrExample.Body("register"), out var request));
        Assert.Equal(new RegisterRequest(new(0, 11, 0), "rust-sdk", "0.11.0", new("iggy", "iggy"), null), request);
        Assert.Equal(VsrExample.Body("register"), Bytes.Of(request.Write));
    }

    [Fact]
    public void RegisterReply_ReadAndWritten_IsTheExample()
    {
        Reply("register-reply", "register", op: 1);
        Framed("register-reply", new RegisterReply(0, 1, ProtocolVersion.Current, "0.9.0"));
    }

    [Fact]
    public void Ping_ReadAndWritten_IsTheExample()
    {
        Request("ping", Operation.NonReplicated, First, session: 0, CommandCode.Ping, hasChecksum: false);
        Reply("ping-reply", "ping", op: 0);
    }

    [Fact]
    public void Denial_Written_IsTheExample()
    {
        var asked = RequestHeader.Read(VsrExample.Bytes("ping")) with { Code = CommandCode.GetClusterMetadata };
        var written = new byte[ReplyHeader.SizeInBytes];
        ReplyHeader.To(in asked, 0, IggyError.Unauthenticated, op: 0).Write(written);
        Assert.Equal(VsrExample.Bytes("denied"), written);
        Assert.Equal(IggyError.Unauthenticated, ReplyHeader.Read(written).Status);
    }

    [Fact]
    public void CreateStream_ReadAndWritten_IsTheExample()
    {
        Request("create-stream", Operation.CreateStream, First, session: 1, CommandCode.None, hasChecksum: true);
        var reader = new WireReader(VsrExample.Body("create-stream"));
        Assert.Equal(new CreateStreamRequest("orders"), CreateStreamRequest.Read(ref reader));
        Assert.Equal(IggyError.None, OptionsBlock.CheckEmpty(reader.Rest()));

        Reply("create-stream-reply", "create-stream", op: 2);
        Framed("create-stream-reply", new VsrStreamRecord(new StreamRecord(0, VsrExample.T, 0, 0, 0, "orders"), []));
    }

    [Fact]
    public void Rejection_ReadAndWritten_IsTheExample()
    {
        var asked = RequestHeader.Read(VsrExample.Bytes("create-stream")) with { Request = 2 };
        var header = new byte[ReplyHeader.SizeInBytes];
        ReplyHeader.To(in asked, 12, IggyError.None, op: 3).Write(header);
        byte[] written = [.. header, .. Bytes.Of(writer => ResultSection.WriteRejection(writer, IggyError.StreamNameAlreadyExists))];
        Assert.Equal(VsrExample.Bytes("create-stream-rejected"), written);
        var reader = new WireReader(VsrExample.Body("create-stream-rejected"));
        Assert.Equal(IggyError.StreamNameAlreadyExists, ResultSection.Read(ref reader));
    }

    [Fact]
    public void CreateTopic_ReadAndWritten_IsTheExample()
    {
        Request("create-topic", Operation.CreateTopic, request: 3, session: 1, CommandCode.None, hasChecksum: true);
        var expected = new VsrCreateTopicRequest(new(0), 1, "events", new TopicOptions { MessageExpiryMicros = 3_600_000_000 });
        Assert.Equal(IggyError.None, WireValues.TryRead<VsrCreateTopicRequest>(VsrExample.Body("create-topic"), out var request));
        Assert.Equal(expected, request);
        Assert.Equal(VsrExample.Body("create-topic"), Bytes.Of(expected));
    }

    [Fact]
    public void Send_ReadAndWritten_IsTheExample()
    {
        Request("send", Operation.SendMessages, request: 4, session: 1, CommandCode.None, hasChecksum: false);
        var body = VsrExample.Body("send");
        Assert.Equal(IggyError.None, VsrSendRequest.TryRead(body, out var request));
        Assert.Equal((2u, 0u), (request.MessagesCount, request.Partitioning.PartitionId));
        Assert.Equal([1, 4, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0], body[request.TopicKey]);
        Assert.Equal(IggyError.None, Batch.Check(body.AsSpan(request.BatchRange), 2));
        Assert.Equal(IggyError.None, Batch.CheckFrames(body.AsSpan(request.BatchRange)));

        var headers = Bytes.Hex("0201000000 6b 0201000000 76");
        var written = Bytes.Of(writer => VsrSendWriter.Write(writer, new(0), new(0), Partitioning.ToPartition(0),
        [
            new("hello"u8.ToArray(), default, 0x1001, VsrExample.T + 1_000_000),
            new("world"u8.ToArray(), headers, 0x1002, VsrExample.T + 1_000_250),
        ]));
        Assert.Equal(body, written);

        Reply("send-reply", "send", op: 5);
        var reply = VsrExample.Body("send-reply");
        Assert.Equal(IggyError.None, WireValues.TryRead<VsrSendReply>(reply, out var confirmed));
        Assert.Equal(new SendConfirmation(0, 0, 0, 0), Assert.Single(confirmed!.Confirmations));
        Assert.Equal(reply, Bytes.Of(confirmed));
    }

    [Fact]
    public void Poll_ReadAndWritten_IsTheExample()
    {
        Request("poll", Operation.NonReplicated, request: 4, session: 1, CommandCode.PollMessages, hasChecksum: false);
        var expected = new PollMessagesRequest(new(new(ConsumerKind.Single, new(1)), new(0), new(0), 0), PollingStrategy.FromOffset(0), 10, AutoCommit: false);
        Assert.Equal(IggyError.None, WireValues.TryRead<PollMessagesRequest>(VsrExample.Body("poll"), out var request));
        Assert.Equal(expected, request);
        Assert.Equal(VsrExample.Body("poll"), Bytes.Of(expected));
    }

    [Fact]
    public void PollReply_Read_IsTheExample()
    {
        Assert.Equal(IggyError.None, VsrPollReply.TryRead(VsrExample.Body("poll-reply"), out var reply));
        Assert.Equal((0u, 1ul, 2u), (reply.PartitionId, reply.CurrentOffset, reply.MessagesCount));
        Assert.True(Batch.IsChecksumRight(reply.Records));
        Assert.Equal(IggyError.None, Batch.CheckFrames(reply.Records));
        AssertMessages(reply.Records, (0, "hello", 0, 0x1001), (1, "world", 250, 0x1002));
        Assert.Equal(IggyError.None, VsrPollReply.TryRead(VsrExample.Bytes("nothing"), out var nothing));
        Assert.Equal((1ul, 0u), (nothing.CurrentOffset, nothing.MessagesCount));
    }

    [Fact]
    public void Slice_Read_KeepsOffsetAndTimes()
    {
        var slice = VsrExample.Bytes("slice");
        Assert.True(Batch.IsChecksumRight(slice));
        AssertMessages(slice, (1, "world", 250, 0x1002));
    }

    [Fact]
    public void Evictions_ReadAndWritten_AreTheExamples()
    {
        foreach (var (name, eviction) in new[]
        {
            ("eviction-version", new Eviction(VsrExample.Client, EvictionReason.IncompatibleProtocol, new(ProtocolVersion.Current, ProtocolVersion.Current))),
            ("eviction-session", new Eviction(VsrExample.Client, EvictionReason.NoSession)),
        })
        {
            var written = new byte[Eviction.SizeInBytes];
            eviction.Write(written);
            Assert.Equal(VsrExample.Bytes(name), written);
            Assert.Equal(eviction, Eviction.Read(written));
            Assert.Equal(FrameCommand.Eviction, ReplyHeader.CommandOf(written));
        }
    }

    [Fact]
    public void Bodies_ReadAndWritten_AreTheExamples()
    {
        var cluster = new ClusterReply("single-node", [new("iggy-node", "127.0.0.1", 8090, 8080, 3000, 8092, ClusterNodeRole.Leader, ClusterNodeStatus.Healthy)]);
        Assert.Equal(VsrExample.Bytes("cluster"), Bytes.Of(cluster));
        var sync = new SyncConsumerGroupReply(3, [0, 1]);
        Assert.Equal(VsrExample.Bytes("sync"), Bytes.Of(sync));
        Assert.Equal(IggyError.None, WireValues.TryRead<SyncConsumerGroupReply>(VsrExample.Bytes("sync"), out var read));
        Assert.Equal((sync.Generation, "0,1"), (read!.Generation, string.Join(',', read.Partitions)));
    }

    [Fact]
    public void Checksums_OfTheExamples_AreRight()
    {
        Assert.Equal(0x2d06800538d394c2UL, Hashes.Xxh3([]));
        Assert.Equal(0x327d5d19644d82d7UL, Hashes.Xxh3([6, .. "orders"u8]));
        Assert.Equal((UInt128)0x2d06800538d394c2UL, RequestHeader.ChecksumOfNothing);
    }

    [Theory]
    [InlineData(0x2c00u, "0.11.0")]
    [InlineData(0x2c01u, "0.11.1")]
    [InlineData(0x3000u, "0.12.0")]
    [InlineData(0x2803u, "0.10.3")]
    public void Versions_OfTheTable_ArePackedSo(uint packed, string text)
    {
        Assert.True(ProtocolVersion.TryParse(text, out var version));
        Assert.Equal(packed, version.Packed);
        Assert.Equal(text, new ProtocolVersion(packed).ToString());
    }

    [Fact]
    public void Options_OfTheExample_AreReadAndWritten()
    {
        byte[] block = [2, 0x0d, 0, 0, 0, .. "enforce_fsync"u8, 3, 1, 0, 0, 0, 1, 2, 0x0c, 0, 0, 0, .. "segment_size"u8, 0x0c, 8, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0];
        Assert.Equal(IggyError.None, TopicOptions.TryRead(block, out var options));
        Assert.Equal(new TopicOptions { EnforceFsync = true, SegmentSizeBytes = 1 << 30 }, options);
        Assert.Equal(IggyError.None, OptionsBlock.TryRead(block, out var pairs));
        Assert.Equal(block, Bytes.Of(writer => OptionsBlock.Write(writer, pairs)));
    }

    private static void AssertMessages(ReadOnlySpan<byte> records, params (ulong Offset, string Payload, ulong Delta, ulong Id)[] expected)
    {
        var messages = new BatchEnumerator(records);
        foreach (var (offset, payload, delta, id) in expected)
        {
            Assert.True(messages.MoveNext());
            var message = messages.Current;
            Assert.Equal((offset, VsrExample.T + 1_500_000, VsrExample.T + 1_000_000 + delta), (message.Offset, message.TimestampMicros, message.OriginTimestampMicros));
            Assert.Equal(payload, System.Text.Encoding.UTF8.GetString(message.Payload));
            Assert.Equal((UInt128)id, message.Header.Id);
            Assert.Equal(message.Header.Checksum, Hashes.Xxh3(message.Frame[8..]));
        }
        Assert.False(messages.MoveNext());
        Assert.Equal((IggyError.None, records.Length), (messages.Error, messages.End));
    }

    private static RequestHeader Request(string name, Operation operation, ulong request, ulong session, CommandCode code, bool hasChecksum)
    {
        var frame = VsrExample.Bytes(name);
        var header = RequestHeader.Read(frame);
        var checksum = hasChecksum ? (UInt128)Hashes.Xxh3(frame.AsSpan(256)) : 0;
        Assert.Equal(new RequestHeader((uint)frame.Length, FrameCommand.Request, VsrExample.Client, checksum, 0, request, operation, session, code), header);
        Assert.Equal((uint)(frame.Length - 256), header.BodyBytes);
        Assert.True(header.IsChecksumRight(frame.AsSpan(256)));
        Assert.False(header.IsOfFirstRevision(frame));
        Assert.Equal(DialectSign.Vsr, DialectDetector.Judge(frame.AsSpan(0, 8), 1 << 26));

        var written = new byte[256];
        header.Write(written);
        Assert.Equal(frame[..256], written);
        return header;
    }

    private static void Reply(string name, string requestName, ulong op)
    {
        var frame = VsrExample.Bytes(name);
        var asked = RequestHeader.Read(VsrExample.Bytes(requestName));
        var header = ReplyHeader.To(in asked, frame.Length - 256, IggyError.None, op);
        Assert.Equal(header, ReplyHeader.Read(frame));
        Assert.Equal(FrameCommand.Reply, ReplyHeader.CommandOf(frame));
        var written = new byte[256];
        header.Write(written);
        Assert.Equal(frame[..256], written);
    }

    private static void Framed<T>(string name, T expected) where T : IWireValue<T>
    {
        var reader = new WireReader(VsrExample.Body(name));
        Assert.Equal(IggyError.None, ResultSection.Read(ref reader));
        Assert.Equal(expected, T.Read(ref reader));
        Assert.Equal((IggyError.None, true), (reader.Error, reader.IsAtEnd));
        Assert.Equal(VsrExample.Body(name), Bytes.Of(writer =>
        {
            ResultSection.WriteSuccess(writer);
            expected.Write(writer);
        }));
    }
}
