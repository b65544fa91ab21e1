using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Setup;

/// <summary>A topic called <c>t</c> with a consumer group called <c>g</c>, and the requests that members of it make.</summary>
internal sealed class GroupTopic(ServerProcess server, byte[] stream) : IDisposable
{
    private readonly List<RawClient> _members = [];
    private ulong _sent;

    public byte[] Stream { get; } = stream;
    public byte[] Topic { get; } = Id("t");
    public byte[] Group { get; } = Id("g");
    public byte[] Address => Join(Stream, Topic, Group);

    /// <summary>The client that made it; no member.</summary>
    public RawClient Owner { get; private init; } = null!;

    public static async Task<GroupTopic> MakeAsync(ServerProcess server, uint partitions)
    {
        var (owner, name) = (await LogInAsync(server.Tcp), ServerFixture.NewName());
        await owner.DoAsync(202, Name(name));
        await owner.DoAsync(302, NewTopic(Id(name), "t", partitions));
        var topic = new GroupTopic(server, Id(name)) { Owner = owner };
        await owner.DoAsync(602, topic.Stream, topic.Topic, Name("g"));
        return topic;
    }

    /// <summary>A new connection that has joined the group.</summary>
    public async Task<RawClient> JoinAsync(string user = ServerProcess.Username, string password = ServerProcess.Password)
    {
        var member = await ConnectAsync(server.Tcp);
        await member.DoAsync(38, Login(user, password));
        lock (_members)
            _members.Add(member);
        await member.DoAsync(604, Address);
        return member;
    }

    /// <summary>Sends messages to a partition.</summary>
    public Task SendAsync(uint partition, int count) => Owner.DoAsync(101, Messages(Stream, Topic, ToPartition(partition),
        [.. Enumerable.Range(0, count).Select(_ => (++_sent, new byte[1], Array.Empty<byte>()))]));

    /// <summary>Payload of a poll of the group.</summary>
    public byte[] Poll(uint? partition = null, bool autoCommit = false, byte strategy = 5, ulong value = 0, uint count = 100) =>
        Join(Consumer(partition), U8(strategy), U64(value), U32(count), U8(autoCommit ? (byte)1 : (byte)0));

    /// <summary>Polls and takes the reply apart.</summary>
    public async Task<(uint Partition, ulong Current, IReadOnlyList<ulong> Offsets)> PollAsync(RawClient member, uint? partition = null, bool autoCommit = false)
    {
        var (from, current, messages) = ReadPoll(await member.DoAsync(100, Poll(partition, autoCommit)));
        return (from, current, [.. messages.Select(message => message.Offset)]);
    }

    /// <summary>Polls until something comes: the group lists a partition under its new member a moment before that member's gateway hears of it.</summary>
    public async Task<IReadOnlyList<ulong>> PollWhenThereAsync(RawClient member)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!limit.IsCancellationRequested)
        {
            if ((await PollAsync(member)).Offsets is { Count: > 0 } offsets)
                return offsets;
        }
        throw new TimeoutException("Nothing came to the member.");
    }

    /// <summary>Status of storing the group's offset.</summary>
    public async Task<uint> StoreAsync(RawClient member, uint? partition, ulong offset) =>
        (await member.AskAsync(121, Consumer(partition), U64(offset))).Status;

    /// <summary>The group, stream, topic and partition as requests for polls and offsets begin.</summary>
    public byte[] Consumer(uint? partition) => Join(U8(2), Group, Stream, Topic, U8(partition is null ? (byte)0 : (byte)1), U32(partition ?? 0));

    /// <summary>Members and their partitions, as the server tells.</summary>
    public async Task<SortedDictionary<uint, IReadOnlyList<uint>>> MembersAsync(RawClient? by = null)
    {
        var reply = await (by ?? Owner).DoAsync(600, Address);
        var members = new SortedDictionary<uint, IReadOnlyList<uint>>();
        for (var at = 12 + 1 + reply[12]; at < reply.Length;)
        {
            var partitions = new uint[U32At(reply, at + 4)];
            for (var i = 0; i < partitions.Length; i++)
                partitions[i] = U32At(reply, at + 8 + (4 * i));
            members.Add(U32At(reply, at), partitions);
            at += 8 + (4 * partitions.Length);
        }
        return members.Count == U32At(reply, 8) ? members : throw new InvalidDataException($"{U32At(reply, 8)} members announced, {members.Count} found.");
    }

    /// <summary>Asks for the members until they are as wanted, which some event at the server must bring about.</summary>
    public async Task<SortedDictionary<uint, IReadOnlyList<uint>>> MembersWhenAsync(Func<SortedDictionary<uint, IReadOnlyList<uint>>, bool> wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var members = await MembersAsync();
            if (wanted(members))
                return members;
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"The group stays at {string.Join("; ", members.Select(member => $"{member.Key}: {string.Join(',', member.Value)}"))}.");
        }
    }

    public void Dispose()
    {
        Owner.Dispose();
        foreach (var member in _members)
            member.Dispose();
    }

    private static uint U32At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
}
