using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>Every frame of the released 0.11.0: read, and written again to the very bytes.</summary>
public class ReleasedFrameTests
{
    private static readonly CommandCode[] s_withoutBody =
    [
        CommandCode.Ping, CommandCode.GetStats, CommandCode.GetClusterMetadata, CommandCode.GetMe, CommandCode.GetClients, CommandCode.GetUsers,
        CommandCode.LogoutUser, CommandCode.GetPersonalAccessTokens, CommandCode.GetStreams,
    ];

    [Fact]
    public void Frames_OfTheRelease_AreAllHere() => Assert.Equal(
        (151, 90, 53, 8, 34),
        (ReleasedFrame.All.Count, ReleasedFrame.Of("request").Count(), ReleasedFrame.Of("reply").Count(), ReleasedFrame.Of("eviction").Count(),
            ReleasedFrame.All.Count(frame => frame.IsCaptured)));

    [Fact]
    public void Requests_ReadAndWritten_AreTheSameBytes()
    {
        foreach (var (where, _, _, code, rawCode, frame, payload, note) in ReleasedFrame.Of("request"))
        {
            var header = RequestHeader.Read(frame);
            Assert.True(header.IsChecksumRight(frame.AsSpan(256)) && !header.IsOfFirstRevision(frame) && header.Command is FrameCommand.Request, where);
            Assert.True(rawCode is 40 or 45 ? header.Operation is Operation.Register : (uint)header.ToCommand() == rawCode, where);
            Assert.Equal(DialectSign.Vsr, DialectDetector.Judge(frame.AsSpan(0, 8), 1 << 26));
            var written = new byte[256];
            header.Write(written);
            AssertSame(where, frame, [.. written, .. WriteAgain(where, code, rawCode, payload, note)]);
        }
    }

    [Fact]
    public void Replies_ReadAndWritten_AreTheSameBytes()
    {
        foreach (var (where, _, _, code, rawCode, frame, payload, note) in ReleasedFrame.Of("reply"))
        {
            var header = ReplyHeader.Read(frame);
            Assert.Equal(FrameCommand.Reply, ReplyHeader.CommandOf(frame));
            var written = new byte[256];
            header.Write(written);
            if (header.Status is not IggyError.None)
            {
                Assert.Equal(("denial 40 before login", IggyError.Unauthenticated), (note, header.Status));
                AssertSame(where, frame, written);
                continue;
            }

            var reader = new WireReader(frame.AsSpan(256));
            var section = header.Operation.IsFramed() ? ResultSection.Read(ref reader) : IggyError.None;
            if (section is not IggyError.None)
            {
                Assert.Equal(("rejection 1012", IggyError.StreamNameAlreadyExists), (note, section));
                AssertSame(where, frame, [.. written, .. Bytes.Of(writer => ResultSection.WriteRejection(writer, section))]);
                continue;
            }
            Assert.Equal(payload, reader.Rest());
            byte[] again = [.. header.Operation.IsFramed() ? Bytes.Of(ResultSection.WriteSuccess) : [], .. WriteReplyAgain(where, code, rawCode, payload)];
            AssertSame(where, frame, [.. written, .. again]);
        }
    }

    [Fact]
    public void Evictions_ReadAndWritten_AreTheSameBytes()
    {
        foreach (var line in ReleasedFrame.Of("eviction"))
        {
            Assert.Equal(FrameCommand.Eviction, ReplyHeader.CommandOf(line.Frame));
            var eviction = Eviction.Read(line.Frame);
            Assert.StartsWith($"reason {(byte)eviction.Reason}", line.Note, StringComparison.Ordinal);
            Assert.Equal(eviction.Reason is EvictionReason.IncompatibleProtocol, eviction.Window is not null);
            var written = new byte[Eviction.SizeInBytes];
            eviction.Write(written);
            AssertSame(line.Where, line.Frame, written);
        }
    }

    // What the two options are when an SDK sets them, and what a topic's record says of them.
    [Fact]
    public void Durability_OfARequestAndOfARecord_IsRead()
    {
        var requests = ReleasedFrame.Of("request").Where(frame => frame.Code is CommandCode.CreateTopic).Select(frame =>
        {
            Assert.Equal(IggyError.None, WireValues.TryRead<VsrCreateTopicRequest>(frame.Payload, out var request));
            return (request.Options.Durability, request.Options.ConsumerOffsetDurability);
        });
        Assert.Equal(
            [(DurabilityOption.Replicated, DurabilityOption.Replicated), (DurabilityOption.Persisted, DurabilityOption.Replicated), (DurabilityOption.Replicated, DurabilityOption.Replicated)],
            requests.Select(request => (request.Item1!.Value, request.Item2!.Value)));

        var reply = ReleasedFrame.Of("reply").First(frame => frame.Code is CommandCode.CreateTopic);
        Assert.Equal(IggyError.None, WireValues.TryRead<VsrTopicDetails>(reply.Payload, out var topic));
        Assert.Equal(["consumer_offset_durability", "durability"], topic!.Topic.Explicit.Select(option => option.Key));
        Assert.Equal(
            DescribeOptionsReply.Of(OptionScope.Topic).Options.Select(option => option.Option.Key),
            topic.Topic.Explicit.Concat(topic.Topic.Derived).Select(option => option.Key).Order(StringComparer.Ordinal));
    }

    private static byte[] WriteAgain(string where, CommandCode code, uint rawCode, byte[] payload, string note)
    {
        if (rawCode is 40 or 45)
        {
            Assert.True(RegisterRequest.TryRead(payload, out var login), where);
            Assert.Equal(note == "token form", login.Password is null);
            return Bytes.Of(login.Write);
        }
        // Between clients and a cluster of several servers, which this is not: the bodies of a poll and of a question for an offset, or three numbers.
        if (code is CommandCode.None)
            return rawCode is 14 ? payload : (rawCode is 123 ? RequestCodecs.All[CommandCode.GetConsumerOffset] : RequestCodecs.All[CommandCode.PollMessages])(payload).Written;
        if (s_withoutBody.Contains(code))
            return [];
        var (error, written) = VsrCodecs.Requests.TryGetValue(code, out var newer) ? newer(payload) : RequestCodecs.All[code](payload) is var classic ? (classic.Error, classic.Written) : default;
        Assert.True(error is IggyError.None, $"{where}: {error}");
        return written;
    }

    private static byte[] WriteReplyAgain(string where, CommandCode code, uint rawCode, byte[] payload)
    {
        if (payload.Length == 0 || code is CommandCode.GetSnapshot)
            return payload; // nothing, or an archive as it is
        if (code is CommandCode.None && rawCode is not 40)
        {
            Assert.Equal(103u, rawCode);
            var reader = new WireReader(payload.AsSpan(32)); // client, session and position of a cluster
            var node = ClusterNode.Read(ref reader);
            Assert.True(reader is { Error: IggyError.None, IsAtEnd: true }, where);
            return [.. payload[..32], .. Bytes.Of(node)];
        }
        var decode = rawCode is 40 ? VsrCodecs.Login : VsrCodecs.Replies.TryGetValue(code, out var newer) ? newer : ReplyCodecs.All[code];
        var (error, written) = decode(payload);
        Assert.True(error is IggyError.None, $"{where}: {error}");
        return written;
    }

    private static void AssertSame(string where, byte[] expected, byte[] written) =>
        Assert.True(expected.AsSpan().SequenceEqual(written), $"{where}: {Convert.ToHexString(written)} instead of {Convert.ToHexString(expected)}");
}
