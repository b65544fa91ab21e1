using System.Buffers.Binary;
using System.IO.Hashing;
using Iggy.Protocol;
using Iggy.Protocol.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every request frame of the released 0.11.0, sent to a server: the answers that are written for it, and replies that are what they say.</summary>
public sealed class ReleasedLineTests
{
    // Codes that clients use in clusters of several servers only. This server shows one node, so none of them is ever sent; it does not know them.
    private static readonly uint[] s_ofClusters = [14, 103, 104, 123];

    // The session of the Rust SDK as it was captured: only the number of the session is another one.
    [Fact]
    public async Task Session_OfTheReleasedRustSdk_IsAnsweredWithSuccessThroughout()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await RawVsrClient.ConnectAsync(server.Tcp);
        foreach (var line in ReleasedFrame.All.Where(frame => frame.IsCaptured))
        {
            client.Client = BinaryPrimitives.ReadUInt128LittleEndian(line.Frame.AsSpan(128));
            byte[] frame = [.. line.Frame];
            if (line.RawCode != 40)
                BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(184), client.Session);
            await client.SendAsync(frame);
            var reply = await client.ReceiveAsync();
            Assert.True(reply.Eviction == 0 && reply.Status == 0 && reply.Client == client.Client && reply.Operation == line.Frame[176], $"{line.Where}: {reply}");
            if (line.RawCode == 40)
                client.Session = BinaryPrimitives.ReadUInt64LittleEndian(reply.Body.AsSpan(8));
            ReleasedReplies.AssertIsWhatItSays(line, reply, VsrCodecs.Replies);
        }
    }

    // The frames of the release's encoders are one of each kind and no session, so each is sent by a client of its own, to what it needs.
    [Fact]
    public async Task Requests_OfTheReleasedEncoders_AreAnsweredAsWritten()
    {
        await using var server = await ServerProcess.StartAsync();
        using var root = await RawVsrClient.LogInAsync(server.Tcp);
        var sent = 0;
        foreach (var line in ReleasedFrame.Of("request").Where(frame => !frame.IsCaptured))
        {
            using var client = await RawVsrClient.ConnectAsync(server.Tcp);
            if (line.RawCode is not (40 or 45))
                await client.RegisterAsync(RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password));
            var userId = await PrepareAsync(root, client, line);
            await client.SendAsync(Patched(line, client, userId));
            var reply = await client.ReceiveAsync();
            Assert.True(Expected(line) == (reply.Eviction, reply.Status), $"{line.Where} ({line.Note}): {reply}");
            if (reply is { Eviction: 0, Status: 0 })
                ReleasedReplies.AssertIsWhatItSays(line, reply, VsrCodecs.Replies);
            sent++;
        }
        Assert.Equal(56, sent);
    }

    private static (byte Eviction, uint Status) Expected(ReleasedFrame line) => line switch
    {
        { RawCode: 45 } => (10, 0), // "token-text" is nobody's token
        _ when s_ofClusters.Contains(line.RawCode) => (0, 3),
        _ => (0, 0),
    };

    // Stream 0 with topic 0 of one partition with seven messages, group 0 with this client in it, an offset of consumer 1, a user and a token "ci", as far as
    // they are not what the request is to make.
    private static async Task<uint> PrepareAsync(RawVsrClient root, RawVsrClient client, ReleasedFrame line)
    {
        if ((await root.DoAsync(200, Id(0))).Length == 0 && line.Code is not CommandCode.CreateStream)
            await root.DoAsync(202, Name($"stream-{line.Where}"));
        if (line.Code is CommandCode.CreateStream && (await root.DoAsync(200, Id(0))).Length > 0)
            await root.DoAsync(203, Id(0));
        if (line.Code is not (CommandCode.CreateStream or CommandCode.CreateTopic) && (await root.DoAsync(300, Id(0), Id(0))).Length == 0)
            await root.DoAsync(302, Id(0), U32(1), Name("topic"));
        if ((await root.DoAsync(300, Id(0), Id(0)) is { Length: > 0 }) && line.Code is not (CommandCode.CreateStream or CommandCode.CreateTopic))
        {
            var messages = Enumerable.Range(1, 7).Select(id => new VsrMessage((ulong)id, [1], [], 1)).ToArray();
            await root.DoAsync(101, RawVsrClient.Messages(Id(0), Id(0), ToPartition(0), messages));
            await root.DoAsync(121, U8(1), Id(1), Id(0), Id(0), U8(1), U32(0), U64(0), U8(1));
            await PrepareGroupAsync(root, client, line);
        }
        if (line.Code is CommandCode.DeletePersonalAccessToken && !(await client.DoAsync(41)).AsSpan().StartsWith(Name("ci")))
            await client.DoAsync(42, Name("ci"), U64(0));
        if (line.Code is CommandCode.CreateUser)
            return 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(await root.DoAsync(33, Name($"user-{Guid.NewGuid():N}"), Name("secret"), U8(1), U8(0)));
    }

    private static async Task PrepareGroupAsync(RawVsrClient root, RawVsrClient client, ReleasedFrame line)
    {
        var isThere = (await root.DoAsync(600, Id(0), Id(0), Id(0))).Length > 0;
        if (line.Code is CommandCode.CreateConsumerGroup && isThere)
            await root.DoAsync(603, Id(0), Id(0), Id(0));
        else if (line.Code is not CommandCode.CreateConsumerGroup && !isThere)
            await root.DoAsync(602, Id(0), Id(0), Name("g"));
        if (line.Code is CommandCode.LeaveConsumerGroup or CommandCode.StoreConsumerOffset or CommandCode.SyncConsumerGroup)
            await client.DoAsync(604, Id(0), Id(0), Id(0));
    }

    private static byte[] Patched(ReleasedFrame line, RawVsrClient client, uint userId)
    {
        byte[] frame = [.. line.Frame];
        BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(128), client.Client);
        if (line.RawCode is 40 or 45)
            return frame;
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(168), client.Request++);
        BinaryPrimitives.WriteUInt64LittleEndian(frame.AsSpan(184), client.Session);
        if (line.Code is not (CommandCode.DeleteUser or CommandCode.UpdateUser or CommandCode.UpdatePermissions or CommandCode.ChangePassword))
            return frame;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(258), userId); // "user 2" was another one
        if (BinaryPrimitives.ReadUInt128LittleEndian(frame.AsSpan(144)) != 0)
            BinaryPrimitives.WriteUInt128LittleEndian(frame.AsSpan(144), XxHash3.HashToUInt64(frame.AsSpan(256)));
        return frame;
    }
}
