using static Iggy.EndToEnd.Tests.CommandRow;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;
using Shapes = Iggy.EndToEnd.Tests.ReplyShapes;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every command of the classic dialect that needs a login, one line each: who may, what comes back, and what is said of what is not there.</summary>
/// <param name="user">The user that asks: <c>tester</c>, password <c>secret</c>.</param>
/// <param name="client">Client id of an open connection.</param>
internal sealed class CommandTable(uint user, byte[] client)
{
    /// <summary>The stream, the topic and the consumer group that the requests are about.</summary>
    public static readonly byte[] TheStream = Id("granted"), TheTopic = Id("topic"), TheGroup = Id("group");

    private static readonly byte[] s_missing = Id("missing");
    private static readonly byte[] s_next = Join(U8(5), U64(0), U32(1), U8(0)); // strategy, value, count, no commit

    private int _names;

    /// <summary>Commands that work without a login, and the one that ends it: told apart by their own tests.</summary>
    public static IReadOnlyList<uint> Others { get; } = [1, 38, 39, 44];

    /// <summary>In an order in which those that come first leave what those that come later need.</summary>
    public IEnumerable<CommandRow> Rows()
    {
        const string servers = "manage_servers read_servers", readUsers = "manage_users read_users", users = "manage_users";
        const string streams = "manage_streams", readStreams = "manage_streams read_streams";
        const string readTopic = "manage_streams read_streams manage_topics read_topics", readTopicStream = "manage_stream read_stream manage_topics read_topics";
        const string poll = readTopic + " poll_messages", pollStream = readTopicStream + " poll_messages", pollTopic = "manage_topic read_topic poll_messages";
        const string manage = "manage_streams manage_topics", manageStream = "manage_stream manage_topics";
        const string send = manage + " send_messages", sendStream = manageStream + " send_messages", sendTopic = "manage_topic send_messages";

        yield return new(12, Session, "", "", Shapes.Cluster, () => []);
        yield return new(20, Session, "", "", Shapes.ClientDetails, () => []);
        yield return new(31, Session, "", "", Shapes.UserDetails, () => Id(user), new Absent(s_missing, 0));
        yield return new(37, Session, "", "", Shapes.Nothing, () => Passwords(Id("tester")), new Absent(Passwords(s_missing), 20));
        yield return new(41, Session, "", "", Shapes.Tokens, () => []);
        yield return new(42, Session, "", "", Shapes.NewToken, () => Join(Name("kept"), U64(0)));
        yield return new(43, Session, "", "", Shapes.Nothing, () => Name("kept"), new Absent(Name("missing"), 20));

        yield return new(10, servers, "", "", Shapes.Stats, () => []);
        yield return new(11, servers, "", "", Shapes.Archive, () => [2, 1, 4]);
        yield return new(21, servers, "", "", Shapes.ClientDetails, () => client, new Absent(U32(1), 0), new Absent(U32(0), 101));
        yield return new(22, servers, "", "", Shapes.Clients, () => []);

        yield return new(31, readUsers, "", "", Shapes.UserDetails, () => Id("bystander"), new Absent(s_missing, 0), new Absent(Id(uint.MaxValue), 0));
        yield return new(32, readUsers, "", "", Shapes.Users, () => []);
        yield return new(33, users, "", "", Shapes.UserDetails, () => NewUser(NewName(), "secret", None));
        yield return new(35, users, "", "", Shapes.Nothing, () => Join(Id("bystander"), U8(1), Name("bystander"), U8(1), U8(1)), Hidden(Join(s_missing, U8(0), U8(0))));
        yield return new(36, users, "", "", Shapes.Nothing, () => Join(Id("bystander"), None), Hidden(Join(s_missing, None)));
        yield return new(37, users, "", "", Shapes.Nothing, () => Passwords(Id("bystander")), new Absent(Passwords(s_missing), 20));
        yield return new(34, users, "", "", Shapes.Nothing, () => Id("victim"), Hidden(s_missing));

        yield return OnTopic(100, poll, pollStream, pollTopic, Shapes.Messages, (s, t) => Poll(1, s, t, 0, 1, 0, 10), Change, NoPartition(Poll(1, TheStream, TheTopic, 99, 1, 0, 10)),
            NoMember(Join(AsGroup(TheGroup), s_next)), NoGroup(Join(AsGroup(s_missing), s_next)));
        yield return OnTopic(100, poll, pollStream, pollTopic, Shapes.Messages, (s, t) => Poll(1, s, t, 0, 5, 0, 10), Change, NoPartition(Poll(1, TheStream, TheTopic, 99, 5, 0, 10)));
        yield return OnTopic(120, poll, pollStream, pollTopic, Shapes.ConsumerOffset, (s, t) => Consumer(s, t, 0), Question, new Absent(Consumer(TheStream, TheTopic, 99), 0, PermissionFirst: true, Newer: 3007),
            new Absent(AsGroup(TheGroup), 0, PermissionFirst: true), new Absent(AsGroup(s_missing), 0, PermissionFirst: true));
        yield return OnTopic(121, poll, pollStream, pollTopic, Shapes.Nothing, (s, t) => Join(Consumer(s, t, 0), U64(0)), Change, NoPartition(Join(Consumer(TheStream, TheTopic, 99), U64(0))),
            NoMember(Join(AsGroupAnywhere, U64(0)), newer: 0), NoGroup(Join(AsGroup(s_missing), U64(0))));
        yield return OnTopic(122, poll, pollStream, pollTopic, Shapes.Nothing, (s, t) => Consumer(s, t, 0), Change, NoPartition(Consumer(TheStream, TheTopic, 99)),
            NoMember(AsGroupAnywhere, newer: 0), NoGroup(AsGroup(s_missing)));
        yield return OnTopic(101, send, sendStream, sendTopic, Shapes.Nothing, (s, t) => OneMessage(s, t, 0), Change, NoPartition(OneMessage(TheStream, TheTopic, 99)));
        yield return OnTopic(102, send, sendStream, sendTopic, Shapes.Nothing, (s, t) => Join(s, t, U32(0), U8(0)), Change, NoPartition(Join(TheStream, TheTopic, U32(99), U8(1))));

        yield return OnStream(200, readStreams, "manage_stream read_stream", Shapes.StreamWithTopics, s => s, Question);
        yield return new(201, readStreams, "", "", Shapes.Streams, () => []);
        yield return new(202, streams, "", "", Shapes.NewStream, () => Name(NewName()));
        yield return OnStream(204, streams, "manage_stream", Shapes.Nothing, s => Join(s, Name("granted")), Change);

        yield return OnTopic(300, readTopic, readTopicStream, "manage_topic read_topic", Shapes.TopicWithPartitions, (s, t) => Join(s, t), Question);
        yield return OnStream(301, readTopic, readTopicStream, Shapes.Topics, s => s, Question);
        yield return OnStream(302, manage, manageStream, Shapes.TopicWithPartitions, s => NewTopic(s, NewName(), 1), Change);
        yield return OnTopic(304, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t, U8(1), U64(0), U64(0), U8(0), Name("topic")), Change);
        yield return OnTopic(402, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t, U32(1)), Change);
        yield return OnTopic(403, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t, U32(1)), Change);
        yield return OnTopic(503, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t, U32(0), U32(0)), Change, new Absent(Join(TheStream, TheTopic, U32(99), U32(0)), 3007));

        byte[] noGroup = Join(TheStream, TheTopic, s_missing);
        const string readOnTopic = "manage_topic read_topic";
        yield return OnTopic(602, readTopic, readTopicStream, readOnTopic, Shapes.GroupWithMembers, (s, t) => Join(s, t, Name(NewName())), Change);
        yield return OnTopic(600, readTopic, readTopicStream, readOnTopic, Shapes.GroupWithMembers, (s, t) => Join(s, t, TheGroup), Question, new Absent(noGroup, 0));
        yield return OnTopic(601, readTopic, readTopicStream, readOnTopic, Shapes.Groups, (s, t) => Join(s, t), Question);
        yield return OnTopic(604, readTopic, readTopicStream, readOnTopic, Shapes.Nothing, (s, t) => Join(s, t, TheGroup), Change, new Absent(noGroup, 5000));
        yield return OnTopic(605, readTopic, readTopicStream, readOnTopic, Shapes.Nothing, (s, t) => Join(s, t, TheGroup), Change, new Absent(noGroup, 5000));
        yield return OnTopic(603, readTopic, readTopicStream, readOnTopic, Shapes.Nothing, (s, t) => Join(s, t, TheGroup), Change, new Absent(noGroup, 5000));

        yield return OnTopic(305, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t), Change);
        yield return OnStream(205, streams, "manage_stream", Shapes.Nothing, s => s, Change);
        yield return OnTopic(303, manage, manageStream, "manage_topic", Shapes.Nothing, (s, t) => Join(s, t), Change);
        yield return OnStream(203, streams, "manage_stream", Shapes.Nothing, s => s, Change);
    }

    /// <summary>One message for a partition.</summary>
    public static byte[] OneMessage(byte[] stream, byte[] topic, uint partition) => Messages(stream, topic, ToPartition(partition), (1, [1], []));

    /// <summary>The single consumer 1 on a partition.</summary>
    public static byte[] Consumer(byte[] stream, byte[] topic, uint partition) => Join(U8(1), Id(1), stream, topic, U8(1), U32(partition));

    private const bool Question = true, Change = false; // of what is missing a question gets an empty success, a change its code

    private static CommandRow OnStream(uint code, string global, string onStream, Action<ReplyReader> shape, Func<byte[], byte[]> request, bool isQuestion) =>
        new(code, global, onStream, "", shape, () => request(TheStream),
            new Absent(request(s_missing), isQuestion ? 0u : 1009), new Absent(request(Id(4_000_000_000)), isQuestion ? 0u : 1009));

    private static CommandRow OnTopic(
        uint code, string global, string onStream, string onTopic, Action<ReplyReader> shape, Func<byte[], byte[], byte[]> request, bool isQuestion, params Absent[] more) =>
        new(code, global, onStream, onTopic, shape, () => request(TheStream, TheTopic),
        [
            new Absent(request(s_missing, TheTopic), isQuestion ? 0u : 1009, Newer: OfGroup(code, 1009)),
            new Absent(request(TheStream, s_missing), isQuestion ? 0u : 2010, Newer: OfGroup(code, 2010)),
            new Absent(request(TheStream, Id(4_000_000_000)), isQuestion ? 0u : 2010, Newer: OfGroup(code, 2010)), .. more,
        ]);

    private static uint? OfGroup(uint code, uint status) => code is 600 or 601 ? status : null;

    private static byte[] AsGroup(byte[] group) => Join(U8(2), group, TheStream, TheTopic, U8(1), U32(0));

    // Without a partition: with one whoever may read the topic may, as long as nobody is in the group.
    private static byte[] AsGroupAnywhere => Join(U8(2), TheGroup, TheStream, TheTopic, U8(0), U32(0));

    // The newer dialect as the tests speak it names a partition, so an operator's write goes there.
    private static Absent NoMember(byte[] request, uint? newer = null) => new(request, 5006, PermissionFirst: true, newer);

    private static Absent NoGroup(byte[] request) => new(request, 5000, PermissionFirst: true);

    // A user that is not there, for who may not know.
    private static Absent Hidden(byte[] request) => new(request, 20, PermissionFirst: true);

    private static Absent NoPartition(byte[] request) => new(request, 3007, PermissionFirst: true);

    private static byte[] Passwords(byte[] ofUser) => Join(ofUser, Name("secret"), Name("secret"));

    private string NewName() => $"new-{_names++}";
}
