using Iggy.Protocol;
using Iggy.Protocol.Tests;
using Iggy.Protocol.Vsr;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests;

/// <summary>What a server answers to a frame of a released client.</summary>
internal static class ReleasedReplies
{
    /// <summary>The codecs of the reply are proven with the release's own replies; here they read what the server says, and write the same again.</summary>
    /// <param name="line">The request.</param>
    /// <param name="reply">The answer.</param>
    /// <param name="codecs">Of the line, the newest first; what is in none of them is as in the classic dialect.</param>
    public static void AssertIsWhatItSays(ReleasedFrame line, VsrFrame reply, params IReadOnlyDictionary<CommandCode, ReplyCodecs.Decoder>[] codecs)
    {
        var body = reply.Body;
        var operation = (Operation)reply.Operation;
        if (operation.IsFramed())
        {
            Assert.True(body.AsSpan().StartsWith(new byte[4]), $"{line.Where}: {Convert.ToHexString(body)}");
            body = body[4..];
        }
        if (body.Length == 0 || line.Code is CommandCode.GetSnapshot)
            return;
        var decode = line.RawCode is 40 ? VsrCodecs.Login : codecs.Append(ReplyCodecs.All).First(known => known.ContainsKey(line.Code))[line.Code];
        var (error, written) = decode(body);
        Assert.True(error is IggyError.None && body.AsSpan().SequenceEqual(written), $"{line.Where}: {error}, {Convert.ToHexString(body)}");
    }
}
