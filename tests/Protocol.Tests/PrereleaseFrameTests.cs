using Iggy.Protocol.Vsr;

namespace Iggy.Protocol.Tests;

/// <summary>Every frame of the last pre-releases of 0.12 that could be had: read, and written again to the very bytes. The layouts of the release itself
/// were not seen: where one of them is another, it is this class and its vectors that are corrected first.</summary>
public class PrereleaseFrameTests
{
    private static readonly CommandCode[] s_withoutBody =
    [
        CommandCode.Ping, CommandCode.GetStats, CommandCode.GetClusterMetadata, CommandCode.GetMe, CommandCode.GetClients, CommandCode.GetUsers,
        CommandCode.LogoutUser, CommandCode.GetPersonalAccessTokens, CommandCode.GetStreams, CommandCode.CancelDeferredRequest,
    ];

    [Fact]
    public void Frames_OfThePrereleases_AreAllHere() => Assert.Equal(
        (167, 96, 63, 8, 32),
        (ReleasedFrame.Prereleases.Count, Of("request").Count(), Of("reply").Count(), Of("eviction").Count(), ReleasedFrame.Prereleases.Count(frame => frame.IsCaptured)));

    [Fact]
    public void Requests_ReadAndWritten_AreTheSameBytes()
    {
        foreach (var (where, _, _, code, rawCode, frame, payload, note) in Of("request"))
        {
            var header = RequestHeader.Read(frame);
            Assert.True(header.Command is FrameCommand.Request && !header.IsOfFirstRevision(frame), where);
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
        foreach (var (where, _, _, code, rawCode, frame, payload, note) in Of("reply"))
        {
            var header = ReplyHeader.Read(frame);
            Assert.Equal(FrameCommand.Reply, ReplyHeader.CommandOf(frame));
            Assert.True(header.IsCommitted ? header.Op == header.Commit && header.Op > 0 : header.Commit == 0, where);
            var written = new byte[256];
            header.Write(written);
            if (header.Status is not IggyError.None)
            {
                Assert.Contains($"denial {(uint)header.Status}", note, StringComparison.Ordinal);
                AssertSame(where, frame, written);
                continue;
            }

            var reader = new WireReader(frame.AsSpan(256));
            var section = header.Operation.IsFramed() ? ResultSection.Read(ref reader) : IggyError.None;
            if (section is not IggyError.None)
            {
                Assert.Equal(note, $"rejection {(uint)section}");
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
        foreach (var line in Of("eviction"))
        {
            var eviction = Eviction.Read(line.Frame);
            Assert.StartsWith($"reason {(byte)eviction.Reason}", line.Note, StringComparison.Ordinal);
            var written = new byte[Eviction.SizeInBytes];
            eviction.Write(written);
            AssertSame(line.Where, line.Frame, written);
        }
    }

    private static IEnumerable<ReleasedFrame> Of(string direction) => ReleasedFrame.Prereleases.Where(frame => frame.Direction == direction);

    private static byte[] WriteAgain(string where, CommandCode code, uint rawCode, byte[] payload, string note)
    {
        if (rawCode is 40 or 45)
        {
            Assert.True(RegisterRequest.TryRead(payload, out var login) && login.Secret.Length == RegisterRequest.SecretBytes, where);
            Assert.Equal(note == "token form", login.Password is null);
            return Bytes.Of(login.Write);
        }
        if (s_withoutBody.Contains(code))
            return [];
        var (error, written) = Vsr12Codecs.Requests.TryGetValue(code, out var own) || VsrCodecs.Requests.TryGetValue(code, out own)
            ? own(payload)
            : RequestCodecs.All[code](payload) is var classic ? (classic.Error, classic.Written) : default;
        Assert.True(error is IggyError.None, $"{where}: {error}");
        return written;
    }

    private static byte[] WriteReplyAgain(string where, CommandCode code, uint rawCode, byte[] payload)
    {
        if (payload.Length == 0 || code is CommandCode.GetSnapshot)
            return payload; // nothing, or an archive as it is
        var decode = rawCode is 40 ? VsrCodecs.Login
            : Vsr12Codecs.Replies.TryGetValue(code, out var own) || VsrCodecs.Replies.TryGetValue(code, out own) ? own : ReplyCodecs.All[code];
        var (error, written) = decode(payload);
        Assert.True(error is IggyError.None, $"{where}: {error}");
        return written;
    }

    private static void AssertSame(string where, byte[] expected, byte[] written) =>
        Assert.True(expected.AsSpan().SequenceEqual(written), $"{where}: {Convert.ToHexString(written)} instead of {Convert.ToHexString(expected)}");
}
