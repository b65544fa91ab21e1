using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Consumer groups in the newer dialect, and groups with members of both.</summary>
public sealed class VsrGroupTests(ServerFixture fixture)
{
    private const uint NotOwned = uint.MaxValue;

    [Fact]
    public async Task Sync_OfMembersAndOthers_SaysWhatTheyRead()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(3);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var group = Id("g");
        var created = await newer.DoAsync(602, stream, topic, Name("g"));
        Assert.Equal(Join(U32(0), U32(3), U32(0), Name("g")), created);
        Assert.Equal(5004u, (await newer.AskAsync(602, stream, topic, Name("g"))).Status);
        Assert.Empty(await newer.DoAsync(606, stream, topic, group)); // no member
        Assert.Equal(5000u, (await newer.AskAsync(604, stream, topic, Id("nope"))).Status);
        Assert.Equal(5006u, (await newer.AskAsync(605, stream, topic, group)).Status);

        await newer.DoAsync(604, stream, topic, group);
        var (generation, partitions) = ReadSync(await newer.DoAsync(606, stream, topic, group));
        Assert.Equal([0u, 1u, 2u], partitions.Order());
        await newer.DoAsync(605, stream, topic, group);
        Assert.Empty(await newer.DoAsync(606, stream, topic, group));
        await newer.DoAsync(604, stream, topic, group);
        Assert.True(ReadSync(await newer.DoAsync(606, stream, topic, group)).Generation > generation);
        await newer.DoAsync(39); // a logout ends memberships
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian((await classic.DoAsync(600, stream, topic, group)).AsSpan(8)));
    }

    [Fact]
    public async Task Group_WithMembersOfBothDialects_ReadsEachMessageOnce()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(4);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var group = Id("g");
        await classic.DoAsync(602, stream, topic, Name("g"));
        await classic.DoAsync(604, stream, topic, group);
        await newer.DoAsync(604, stream, topic, group);
        for (var partition = 0u; partition < 4; partition++)
        {
            await classic.DoAsync(101, RawClient.Messages(stream, topic, ToPartition(partition), ((partition * 2) + 1, [1], [])));
            await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(partition), new VsrMessage((partition * 2) + 2, [1], [], 1)));
        }

        var mine = ReadSync(await newer.DoAsync(606, stream, topic, group)).Partitions;
        Assert.Equal(2, mine.Length);
        var read = new List<ulong>();
        foreach (var partition in mine)
            read.AddRange(RawVsrClient.ReadPoll(await newer.DoAsync(100, PollOf(group, stream, topic, partition))).Messages.Select(one => one.IdLow));
        Assert.Equal(4, read.Count);
        for (var turn = 0; turn < 2; turn++)
            read.AddRange(ReadPoll(await classic.DoAsync(100, PollOf(group, stream, topic, null))).Messages.Select(one => one.IdLow));
        Assert.Equal(Enumerable.Range(1, 8).Select(id => (ulong)id), read.Order());

        var foreign = Enumerable.Range(0, 4).Select(id => (uint)id).First(id => !mine.Contains(id));
        var (told, current, messages) = RawVsrClient.ReadPoll(await newer.DoAsync(100, PollOf(group, stream, topic, foreign)));
        Assert.Equal((NotOwned, 0ul, 0), (told, current, messages.Count));
        Assert.Equal(5009u, (await newer.AskAsync(121, U8(2), group, stream, topic, U8(1), U32(foreign), U64(0), U8(1))).Status);
        Assert.Equal(0u, (await newer.AskAsync(121, U8(2), group, stream, topic, U8(1), U32(mine[0]), U64(0), U8(1))).Status);
    }

    // A partition that the last change promises to another is not among those of the first any more: it cannot be read, and what was read of it can be
    // committed, with which it goes over.
    [Fact]
    public async Task Partition_PromisedToAnother_IsCommittedAndNotRead()
    {
        using var first = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        using var second = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var (stream, topic, group) = (Id(ServerFixture.NewName()), Id("t"), Id("g"));
        await first.DoAsync(202, stream[1..]);
        await first.DoAsync(302, stream, U32(2), Name("t"));
        await first.DoAsync(602, stream, topic, Name("g"));
        await first.DoAsync(604, stream, topic, group);
        for (var partition = 0u; partition < 2; partition++)
        {
            VsrMessage[] messages = [new(1, [1], [], 1), new(2, [2], [], 1)];
            await first.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(partition), messages));
            Assert.Equal(2, RawVsrClient.ReadPoll(await first.DoAsync(100, PollOf(group, stream, topic, partition, autoCommit: false))).Messages.Count);
        }

        await second.DoAsync(604, stream, topic, group);
        var kept = Assert.Single(ReadSync(await first.DoAsync(606, stream, topic, group)).Partitions);
        var promised = 1 - kept;
        var (told, _, read) = RawVsrClient.ReadPoll(await first.DoAsync(100, PollOf(group, stream, topic, promised, autoCommit: false)));
        Assert.Equal((NotOwned, 0), (told, read.Count));
        Assert.Equal(2, RawVsrClient.ReadPoll(await first.DoAsync(100, PollOf(group, stream, topic, kept, autoCommit: false))).Messages.Count);

        await first.DoAsync(121, U8(2), group, stream, topic, U8(1), U32(promised), U64(1), U8(1));
        Assert.Equal([promised], ReadSync(await second.DoAsync(606, stream, topic, group)).Partitions);
        Assert.Equal(5009u, (await first.AskAsync(121, U8(2), group, stream, topic, U8(1), U32(promised), U64(1), U8(1))).Status);
    }

    [Fact]
    public async Task SilentMember_IsEvictedAsStaleAndLosesItsPlace()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_HEARTBEAT_ENABLED"] = "true",
            ["IGGY_HEARTBEAT_INTERVAL"] = "500 ms",
        });
        using var idle = await RawVsrClient.LogInAsync(server.Tcp); // in no group: it may be silent for as long as it likes
        using var classicIdle = await RawClient.LogInAsync(server.Tcp);
        using var silent = await RawVsrClient.LogInAsync(server.Tcp);
        await silent.DoAsync(202, Name("s"));
        await silent.DoAsync(302, Id("s"), U32(1), Name("t"));
        await silent.DoAsync(602, Id("s"), Id("t"), Name("g"));
        await silent.DoAsync(604, Id("s"), Id("t"), Id("g"));
        var evicted = await silent.ReceiveAsync(); // the one frame that comes unasked
        Assert.Equal((13, silent.Client), (evicted.Eviction, evicted.Client));
        await Assert.ThrowsAsync<EndOfStreamException>(silent.ReceiveAsync);
        Assert.Equal(0u, (await idle.AskAsync(201)).Status);
        Assert.Equal(0u, (await classicIdle.AskAsync(201)).Status);
        using var other = await RawClient.LogInAsync(server.Tcp);
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian((await other.DoAsync(600, Id("s"), Id("t"), Id("g"))).AsSpan(8)));
    }

    private static byte[] PollOf(byte[] group, byte[] stream, byte[] topic, uint? partition, bool autoCommit = true) =>
        Join(U8(2), group, stream, topic, U8(partition is null ? (byte)0 : (byte)1), U32(partition ?? 0), U8(5), U64(0), U32(10), U8(autoCommit ? (byte)1 : (byte)0));

    private static (ulong Generation, uint[] Partitions) ReadSync(byte[] reply)
    {
        var partitions = new uint[BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(8))];
        for (var i = 0; i < partitions.Length; i++)
            partitions[i] = BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12 + (4 * i)));
        Assert.Equal(12 + (4 * partitions.Length), reply.Length);
        return (BinaryPrimitives.ReadUInt64LittleEndian(reply), partitions);
    }
}
