using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every field of every request with every value that is not allowed in it: the code of the protocol, from the running server.</summary>
public sealed class FieldTests(ServerFixture fixture)
{
    private const uint InvalidCommand = 3, InvalidFormat = 4, InvalidIdentifier = 6, Unauthenticated = 40;

    private static readonly byte[] s_badText = [0xC3, 0x28], s_halfCharacter = [0xE2, 0x82];

    /// <summary>A field: a value that is right, and values that are not with their codes.</summary>
    private sealed record Field(byte[] Right, params (byte[] Value, uint Status)[] Wrong)
    {
        /// <summary>Whether the value is looked at only after the login, so that a stranger does not hear of it.</summary>
        public bool AfterLogin { get; init; }
    }

    private static readonly Field
        Identifier = new(Id("no such thing"),
            ([0, 4, 0, 0, 0, 0], InvalidCommand), ([3, 4, 0, 0, 0, 0], InvalidCommand), ([255, 1, 0], InvalidCommand),
            ([1, 0], InvalidFormat), ([1, 3, 0, 0, 0], InvalidFormat), ([1, 5, 0, 0, 0, 0, 0], InvalidFormat), ([1, 255, .. new byte[255]], InvalidFormat),
            ([2, 0], InvalidFormat), ([2, 2, .. s_badText], InvalidCommand), ([2, 2, .. s_halfCharacter], InvalidCommand)),
        Text = new(Name("thing"), ([0], InvalidFormat), ([2, .. s_badText], InvalidCommand), ([2, .. s_halfCharacter], InvalidCommand), ([1, 0xFF], InvalidCommand)),
        Password = new(Name("secret"), ([2, .. s_badText], InvalidCommand)),
        LongText = new(U32(0), ([2, 0, 0, 0, .. s_badText], InvalidCommand), ([255, 255, 255, 255, 0], InvalidCommand), ([0, 0, 0, 128, 0], InvalidCommand), (U32(1), InvalidCommand)),
        Consumer = new([1, .. Id(1)], ([0, .. Id(1)], InvalidCommand), ([3, .. Id(1)], InvalidCommand), ([1, 1, 3, 0, 0, 0], InvalidFormat), ([1, 2, 0], InvalidFormat)),
        Strategy = new([1, .. U64(0)], ([0, .. U64(0)], InvalidCommand), ([6, .. U64(0)], InvalidCommand), ([255, .. U64(0)], InvalidCommand)),
        Partition = new([0, .. U32(0)]), Number = new(U32(1)), Big = new(U64(1)), Byte = new(U8(1)),
        Compression = new(U8(1), (U8(0), InvalidCommand), (U8(3), InvalidCommand), (U8(255), InvalidCommand)) { AfterLogin = true },
        Status = new(U8(1), (U8(0), InvalidCommand), (U8(3), InvalidCommand), (U8(255), InvalidCommand)) { AfterLogin = true },
        Permissions = new(U8(0),
            ([1, .. U32(0)], InvalidCommand), ([1, .. U32(10), .. new byte[10]], InvalidCommand), ([1, .. U32(uint.MaxValue), .. new byte[11]], InvalidCommand),
            ([1, .. U32(12), .. new byte[12]], InvalidFormat), ([1, .. U32(11), .. new byte[10], 1], InvalidCommand),
            ([1, .. U32(23), .. new byte[10], 1, .. new byte[11], 1], InvalidCommand)); // another stream is announced and does not come

    private static readonly (uint Code, Field[] Fields)[] s_commands =
    [
        (21, [Number]), (31, [Identifier]), (33, [Text, Password, Status, Permissions]), (34, [Identifier]),
        (35, [Identifier, Given(Text), Given(Status)]), (36, [Identifier, Permissions]), (37, [Identifier, Password, Password]),
        (38, [Text, Password, LongText, LongText]), (42, [Text, Big]), (43, [Text]), (44, [Password]),
        (100, [Consumer, Identifier, Identifier, Partition, Strategy, Number, Byte]), (102, [Identifier, Identifier, Number, Byte]),
        (120, [Consumer, Identifier, Identifier, Partition]), (121, [Consumer, Identifier, Identifier, Partition, Big]), (122, [Consumer, Identifier, Identifier, Partition]),
        (200, [Identifier]), (202, [Text]), (203, [Identifier]), (204, [Identifier, Text]), (205, [Identifier]),
        (300, [Identifier, Identifier]), (301, [Identifier]), (302, [Identifier, Number, Compression, Big, Big, Byte, Text]), (303, [Identifier, Identifier]),
        (304, [Identifier, Identifier, Compression, Big, Big, Byte, Text]), (305, [Identifier, Identifier]),
        (402, [Identifier, Identifier, Number]), (403, [Identifier, Identifier, Number]), (503, [Identifier, Identifier, Number, Number]),
        (600, [Identifier, Identifier, Identifier]), (601, [Identifier, Identifier]), (602, [Identifier, Identifier, Text]),
        (603, [Identifier, Identifier, Identifier]), (604, [Identifier, Identifier, Identifier]), (605, [Identifier, Identifier, Identifier]),
    ];

    [Fact]
    public async Task Field_Wrong_GetsItsCodeAndTheConnectionStaysInStep()
    {
        using var root = await LogInAsync(fixture.Server.Tcp);
        using var stranger = await ConnectAsync(fixture.Server.Tcp);
        var tried = 0;
        foreach (var (code, fields) in s_commands)
        {
            for (var at = 0; at < fields.Length; at++)
            {
                foreach (var (value, expected) in fields[at].Wrong)
                {
                    var payload = Join([.. fields.Select((field, i) => i == at ? value : field.Right)]);
                    await ExpectAsync(root, code, payload, expected, $"field {at} is {Convert.ToHexString(value)}");
                    await ExpectAsync(stranger, code, payload, fields[at].AfterLogin ? Unauthenticated : expected, $"not logged in, field {at} is {Convert.ToHexString(value)}");
                    tried++;
                }
            }
            Assert.Equal((0u, 0u), ((await root.AskAsync(1)).Status, (await stranger.AskAsync(1)).Status));
        }
        Assert.True(tried > 400, $"Only {tried} tried.");
    }

    [Fact]
    public async Task SendField_Wrong_GetsItsCodeAndLeavesNothingBehind()
    {
        var (client, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = client;
        byte[] Send(byte[] streamId, byte[] topicId, byte[] partitioning, byte[]? index = null, byte[]? message = null) =>
            Join(U32((uint)(streamId.Length + topicId.Length + partitioning.Length + 4)), streamId, topicId, partitioning, U32(1),
                index ?? Join(U32(0), U32(65), U64(0)), message ?? Message());
        byte[] Message(ulong offset = 0, uint headers = 0, uint payload = 1) => Join(new byte[24], U64(offset), new byte[16], U32(headers), U32(payload), U64(0), [1]);

        foreach (var (value, _) in Identifier.Wrong)
        {
            await ExpectAsync(client, 101, Send(value, topic, ToPartition(0)), InvalidIdentifier, $"stream {Convert.ToHexString(value)}");
            await ExpectAsync(client, 101, Send(stream, value, ToPartition(0)), InvalidIdentifier, $"topic {Convert.ToHexString(value)}");
        }
        foreach (var partitioning in new byte[][] { [0, 0], [4, 0], [255, 0], [1, 4, 0, 0, 0, 0], [2, 0], [2, 3, 0, 0, 0], [2, 5, 0, 0, 0, 0, 0], [3, 255, 1] })
            await ExpectAsync(client, 101, Send(stream, topic, partitioning), InvalidCommand, $"partitioning {Convert.ToHexString(partitioning)}");
        foreach (var (headers, payload) in new[] { (0u, 2u), (1u, 1u), (uint.MaxValue, 1u), (0u, uint.MaxValue), (uint.MaxValue, uint.MaxValue), (0x8000_0000u, 0x8000_0000u) })
            await ExpectAsync(client, 101, Send(stream, topic, ToPartition(0), message: Message(0, headers, payload)), 4033, $"lengths {headers} and {payload}");
        await ExpectAsync(client, 101, Send(stream, topic, ToPartition(0), message: Message(payload: 0)), 4036, "a byte that belongs to no message");

        byte[] Two(uint firstEnd, uint secondEnd, byte[] first, byte[] second) =>
            Join(U32((uint)(stream.Length + topic.Length + 6 + 4)), stream, topic, ToPartition(0), U32(2), U32(0), U32(firstEnd), U64(0), U32(0), U32(secondEnd), U64(0), first, second);
        await ExpectAsync(client, 101, Two(65, 130, Message(offset: 5), Message(offset: 4)), 4100, "offsets that go back");
        await ExpectAsync(client, 101, Two(65, 64, Message(), Message()), 10011, "positions that go back");
        await ExpectAsync(client, 101, Two(66, 130, Message(), Message()), 4033, "a first message that ends too late");
        await ExpectAsync(client, 101, Two(uint.MaxValue, 130, Message(), Message()), 4033, "a position far outside");
        await ExpectAsync(client, 101, Two(0, 130, Message(), Message()), 4033, "an empty first message");
        await client.DoAsync(101, Two(65, 77, Message(), Message())); // the last entry is not used
        Assert.Equal(2, ReadPoll(await client.DoAsync(100, Poll(1, stream, topic, 0, 3, 0, 10))).Messages.Count);
    }

    private static Field Given(Field field) =>
        new([1, .. field.Right], [.. field.Wrong.Select(wrong => ((byte[])[1, .. wrong.Value], wrong.Status))]) { AfterLogin = field.AfterLogin };

    private static async Task ExpectAsync(RawClient client, uint code, byte[] payload, uint expected, string what)
    {
        var (status, _) = await client.AskAsync(code, payload);
        Assert.True(expected == status, $"Command {code}, {what}: expected {expected}, got {status}.");
    }
}
