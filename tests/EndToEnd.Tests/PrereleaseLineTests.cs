using System.Buffers.Binary;
using Iggy.Protocol;
using Iggy.Protocol.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every request frame of the last pre-releases of 0.12, sent to a server: the answers that are written for it, and replies that are what they say.
/// The frames of the release itself were not seen.</summary>
public sealed class PrereleaseLineTests
{
    // The session of the Rust SDK as it was captured: its session's number and its histories of partitions are others.
    [Fact]
    public async Task Session_OfThePrereleaseRustSdk_IsAnsweredAsWritten()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await RawVsrClient.ConnectAsync(server.Tcp);
        var incarnation = 0UL;
        foreach (var line in ReleasedFrame.Prereleases.Where(frame => frame.IsCaptured))
        {
            client.Client = BinaryPrimitives.ReadUInt128LittleEndian(line.Frame.AsSpan(128));
            byte[] frame = [.. line.Frame];
            if (line.RawCode != 40)
                BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(184), client.Session);
            if (line.RawCode == 15)
                BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(SessionAt(line)), client.Session);
            if (BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(200)) != 0)
                BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(200), incarnation);
            await client.SendAsync(frame);
            if (line.Code is CommandCode.CancelDeferredRequest)
                continue; // has no reply, and nothing waits
            var reply = await client.ReceiveAsync();
            Assert.True(
                reply.Eviction == 0 && reply.Status == Expected(line).Status && reply.Operation == line.Frame[176] && reply.Request == BinaryPrimitives.ReadUInt64LittleEndian(line.Frame.AsSpan(168)),
                $"{line.Where}: {reply}");
            if (line.RawCode == 40)
                client.Session = BinaryPrimitives.ReadUInt64LittleEndian(reply.Body.AsSpan(8));
            if (line.Code is CommandCode.GetPartitionRoute)
                incarnation = BinaryPrimitives.ReadUInt64LittleEndian(reply.Body);
            if (reply.Status == 0)
                ReleasedReplies.AssertIsWhatItSays(line, reply, Vsr12Codecs.Replies, VsrCodecs.Replies);
        }
    }

    // The frames of the encoders are one of each kind and no session, so each is sent by a client of its own, to what it needs.
    [Fact]
    public async Task Requests_OfThePrereleaseEncoders_AreAnsweredAsWritten()
    {
        await using var server = await ServerProcess.StartAsync();
        using var root = await RawVsrClient.LogInAsync(server.Tcp);
        var sent = 0;
        foreach (var line in ReleasedFrame.Prereleases.Where(frame => frame is { IsCaptured: false, Direction: "request" }))
        {
            using var client = await RawSessionsClient.ConnectAsync(server.Tcp);
            if (line.RawCode is not (40 or 45))
                Assert.Equal(0u, (await client.RegisterAsync(ServerProcess.Username, ServerProcess.Password)).Status);
            var (userId, context) = await PrepareAsync(root, client, line);
            await client.SendAsync(Patched(line, client, userId, context));
            sent++;
            if (line.Code is CommandCode.CancelDeferredRequest)
                continue; // has no reply, and nothing waits
            var reply = await client.ReceiveAsync();
            Assert.True(Expected(line) == (reply.Eviction, RawSessionsClient.Read(reply).Status is > 10_000 ? 0 : RawSessionsClient.Read(reply).Status), $"{line.Where} ({line.Note}): {reply} {Convert.ToHexString(reply.Body)}");
            if (reply is { Eviction: 0, Status: 0 } && Expected(line).Status == 0)
                ReleasedReplies.AssertIsWhatItSays(line, reply, Vsr12Codecs.Replies, VsrCodecs.Replies);
            await client.AskAsync(39, []); // or its place in the group would outlive its connection
        }
        Assert.Equal(64, sent);
    }

    private static (byte Eviction, uint Status) Expected(ReleasedFrame line) => line switch
    {
        { RawCode: 45 } => (10, 0), // "token-text" is nobody's token
        { Code: CommandCode.GetMetadataChanges } => (0, 5), // a feed that servers need not have
        { Code: CommandCode.CreateStream } when line.Note.Contains("encryption_key", StringComparison.Ordinal) => (0, 4106), // no key is configured
        { Code: CommandCode.SendMessages } when line.Note.Contains("producer id", StringComparison.Ordinal) => (0, 94), // a producer that nobody knows, and not its first message
        _ when line.Note.Contains("owner generation 33", StringComparison.Ordinal) => (0, 5009), // the group's present one is another
        { Code: CommandCode.CreateTopic } when line.Note.StartsWith("wide", StringComparison.Ordinal) => (0, 2018), // three copies on one node
        _ => (0, 0),
    };

    private static int SessionAt(ReleasedFrame line)
    {
        var at = 256 + 4;
        at += 1 + line.Frame[at]; // name
        at += 1 + line.Frame[at]; // version
        return at + 16;
    }

    // Stream 0 with topic 0 of three partitions with seven messages each, group 0 with this client in it, an offset of consumer 1, a user and a token "ci", as far as
    // they are not what the request is to make.
    private static async Task<(uint UserId, Context Context)> PrepareAsync(RawVsrClient root, RawSessionsClient client, ReleasedFrame line)
    {
        var (makesStream, makesTopic) = (line.Code is CommandCode.CreateStream, line.Code is CommandCode.CreateTopic);
        if ((await root.DoAsync(200, Id(0))).Length > 0 && (makesStream || makesTopic))
            await root.DoAsync(203, Id(0));
        if ((await root.DoAsync(200, Id(0))).Length == 0 && !makesStream)
            await root.DoAsync(202, Name($"stream-{line.Where}"));
        var context = Context.None;
        if (!makesStream && !makesTopic)
        {
            if (line.Code is CommandCode.UpdateResource)
                await root.DoAsync(203, Id(0));
            if (line.Code is CommandCode.UpdateResource)
                await root.DoAsync(202, Name("orders"));
            if ((await root.DoAsync(300, Id(0), Id(0))).Length == 0)
                await root.DoAsync(302, Id(0), U32(3), Name("events"));
            var messages = Enumerable.Range(1, 7).Select(id => new VsrMessage((ulong)id, [1], [], 1)).ToArray();
            await root.DoAsync(101, RawVsrClient.Messages(Id(0), Id(0), ToPartition(0), messages));
            await root.DoAsync(121, U8(1), Id(1), Id(0), Id(0), U8(1), U32(0), U64(0), U8(1));
            await PrepareGroupAsync(root, client, line);
            if (line.RawCode is not (40 or 45))
                context = await client.RouteAsync(Id(0), Id(0), 0);
        }
        if (line.Code is CommandCode.DeletePersonalAccessToken && !(await client.DoAsync(41)).AsSpan().StartsWith(Name("ci")))
            await client.DoAsync(42, Name("ci"), U64(0));
        if (line.Code is CommandCode.CreateUser)
            return (0, context);
        return (BinaryPrimitives.ReadUInt32LittleEndian(await root.DoAsync(33, Name($"user-{Guid.NewGuid():N}"), Name("secret"), U8(1), U8(0))), context);
    }

    private static async Task PrepareGroupAsync(RawVsrClient root, RawSessionsClient client, ReleasedFrame line)
    {
        var isThere = (await root.DoAsync(600, Id(0), Id(0), Id(0))).Length > 0;
        if (line.Code is CommandCode.CreateConsumerGroup && isThere)
            await root.DoAsync(603, Id(0), Id(0), Id(0));
        else if (line.Code is not CommandCode.CreateConsumerGroup && !isThere)
            await root.DoAsync(602, Id(0), Id(0), Name("g"));
        if (line.Code is CommandCode.LeaveConsumerGroup or CommandCode.StoreConsumerOffset or CommandCode.SyncConsumerGroup or CommandCode.PollMessagesDeferred or CommandCode.FetchMessages)
            await client.DoAsync(604, Id(0), Id(0), Id(0));
    }

    private static byte[] Patched(ReleasedFrame line, RawSessionsClient client, uint userId, Context context)
    {
        byte[] frame = [.. line.Frame];
        BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(128), client.Identity.Client);
        if (line.RawCode is 40 or 45)
            return frame;
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(168), client.Identity.NextRequest());
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(184), client.Identity.Session);
        if (BinaryPrimitives.ReadUInt64LittleEndian(frame.AsSpan(200)) != 0)
            BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(200), context.Incarnation);
        if (line.Code is CommandCode.BindSession)
        {
            var at = SessionAt(line);
            BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(at - 16), client.Identity.Client);
            BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(at), client.Identity.Session);
            client.Identity.Secret.CopyTo(frame.AsSpan(at + 16));
        }
        if (line.Code is CommandCode.DeleteUser or CommandCode.UpdatePermissions or CommandCode.ChangePassword)
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(258), userId); // "user 2" was another one
        if (line.Code is CommandCode.UpdateResource && line.Frame[256] == 3)
            BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(259), userId);
        return frame;
    }
}
