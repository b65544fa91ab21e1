using Iggy.Protocol.Classic;
using static Iggy.Protocol.Tests.Example;

namespace Iggy.Protocol.Tests;

/// <summary>Whole frames with known values: sessions, streams, topics, groups, offsets, system. Messages: <see cref="MessageExampleTests"/>.</summary>
public class ExampleTests
{
    private static readonly TopicRecord EventsTopic =
        new(0, T + 1_000_000, 2, ProtocolLimits.Unlimited, CompressionAlgorithm.None, ProtocolLimits.Unlimited, 1, 0, 0, "events");

    private static readonly Permissions AlicesPermissions = new(
        GlobalPermissions.ReadStreams | GlobalPermissions.PollMessages,
        [new(3, StreamPermissionFlags.ReadStream, [new(7, TopicPermissionFlags.SendMessages)])]);

    [Fact]
    public void Ping_Frames_AreHeadsOnly()
    {
        Empty("0400000001000000", CommandCode.Ping);
        Error("0000000000000000", IggyError.None);
    }

    [Fact]
    public void Login_Frames_Match()
    {
        Request(
            "1c000000260000000469676779046967677906000000302e31302e3000000000",
            new LoginUserRequest("iggy", "iggy", "0.10.0", ""));
        Reply("000000000400000000000000", new IdentityReply(0));
        Error("2a00000000000000", IggyError.InvalidCredentials);
    }

    [Fact]
    public void CreateStream_Frames_Match()
    {
        Request("0b000000ca000000066f7264657273", new CreateStreamRequest("orders"));
        Reply(
            "00000000270000000000000000406241594406000000000000000000000000000000000000000000066f7264657273",
            new StreamRecord(0, T, 0, 0, 0, "orders"));
        Error("f403000000000000", IggyError.StreamNameAlreadyExists);
    }

    [Fact]
    public void GetStream_Missing_IsAnEmptySuccess()
    {
        Request("0a000000c800000002046e6f7065", new GetStreamRequest(new("nope")));
        Assert.Empty(ReplyPayload("0000000000000000"));
    }

    [Fact]
    public void CreateTopic_Frames_Match()
    {
        Request(
            "290000002e01000002066f726465727302000000010000000000000000000000000000000000066576656e7473",
            new CreateTopicRequest(Orders, 2, CompressionAlgorithm.None, ProtocolLimits.ServerDefault, ProtocolLimits.ServerDefault, 0, "events"));
        Reply(
            """
            000000008900000000000000408271415944060002000000ffffffffffffffff01ffffffffffffffff0100000000000000000000000000000000066576656e7473
            00000000408271415944060000000000000000000000000000000000000000000000000000000000
            01000000408271415944060000000000000000000000000000000000000000000000000000000000
            """,
            new TopicDetails(EventsTopic, [new(0, T + 1_000_000, 0, 0, 0, 0), new(1, T + 1_000_000, 0, 0, 0, 0)]));
    }

    [Fact]
    public void ConsumerOffset_Frames_Match()
    {
        Request(
            "28000000790000000101040100000002066f726465727302066576656e747301000000000100000000000000",
            new StoreConsumerOffsetRequest(new(One, Orders, Events, 0), 1));
        Request(
            "20000000780000000101040100000002066f726465727302066576656e74730000000000",
            new GetConsumerOffsetRequest(new(One, Orders, Events, null)));
        Reply("00000000140000000000000001000000000000000100000000000000", new ConsumerOffsetReply(0, 1, 1));
    }

    [Fact]
    public void ConsumerGroup_Frames_Match()
    {
        var workers = new Identifier("workers");
        Request("1c0000005a02000002066f726465727302066576656e747307776f726b657273", new CreateConsumerGroupRequest(Orders, Events, "workers"));
        Reply("000000001400000000000000020000000000000007776f726b657273", new ConsumerGroupRecord(0, 2, 0, "workers"));
        Request("1d0000005c02000002066f726465727302066576656e74730207776f726b657273", new JoinConsumerGroupRequest(Orders, Events, workers));
        Request("1d0000005802000002066f726465727302066576656e74730207776f726b657273", new GetConsumerGroupRequest(Orders, Events, workers));
        Reply(
            "000000002400000000000000020000000100000007776f726b65727300000000020000000000000001000000",
            new ConsumerGroupDetails(new(0, 2, 1, "workers"), [new(0, [0, 1])]));
    }

    [Fact]
    public void GetStats_Frames_Match()
    {
        Empty("040000000a000000", CommandCode.GetStats);
        Reply(
            """
            00000000b3000000921000000000c03f0000444100000004000000000000000004000000000000000200000000879303000000000040624159440600001000000000
            000000200000000000009d000000000000000100000001000000020000000200000002000000000000000100000001000000060000006e6f64652d31050000004c69
            6e757802000000313205000000362e312e3005000000302e382e30401f0000000000000800000000e87648170000000088526a74000000
            """,
            new StatsReply
            {
                ProcessId = 4242,
                CpuPercent = 1.5f,
                TotalCpuPercent = 12.25f,
                MemoryBytes = 64 << 20,
                TotalMemoryBytes = 16UL << 30,
                AvailableMemoryBytes = 8UL << 30,
                RunTimeMicros = 60_000_000,
                StartTimeMicros = T,
                ReadBytes = 4096,
                WrittenBytes = 8192,
                MessagesSizeBytes = 157,
                StreamsCount = 1,
                TopicsCount = 1,
                PartitionsCount = 2,
                SegmentsCount = 2,
                MessagesCount = 2,
                ClientsCount = 1,
                ConsumerGroupsCount = 1,
                Hostname = "node-1",
                OsName = "Linux",
                OsVersion = "12",
                KernelVersion = "6.1.0",
                ServerVersion = "0.8.0",
                ServerSemver = 8000,
                ThreadsCount = 8,
                FreeDiskBytes = 100_000_000_000,
                TotalDiskBytes = 500_000_000_000,
            });
    }

    [Fact]
    public void GetMe_Frames_Match()
    {
        Empty("0400000014000000", CommandCode.GetMe);
        Reply(
            "000000002c000000a2b2bc0900000000010f0000003132372e302e302e313a353030303001000000000000000000000000000000",
            new ClientDetails(new(163361442, 0, TransportKind.Tcp, "127.0.0.1:50000", 1), [new(0, 0, 0)]));
    }

    [Fact]
    public void GetClusterMetadata_Frames_Match()
    {
        Empty("040000000c000000", CommandCode.GetClusterMetadata);
        Reply(
            "00000000370000000b00000073696e676c652d6e6f64650100000009000000696767792d6e6f6465090000003132372e302e302e319a1f901fb80b9c1f0000",
            new ClusterReply(
                "single-node",
                [new("iggy-node", "127.0.0.1", 8090, 8080, 3000, 8092, ClusterNodeRole.Leader, ClusterNodeStatus.Healthy)]));
    }

    [Fact]
    public void CreateUser_Frames_Match()
    {
        Request(
            "390000002100000005616c696365087365637265742d310101200000000000000000010000010001030000000001000000000107000000000000010000",
            new CreateUserRequest("alice", "secret-1", UserStatus.Active, AlicesPermissions));
        Reply(
            "00000000380000000100000000406241594406000105616c69636501200000000000000000010000010001030000000001000000000107000000000000010000",
            new UserDetails(new(1, T, UserStatus.Active, "alice"), AlicesPermissions));
    }
}
