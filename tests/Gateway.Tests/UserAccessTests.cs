using Iggy.Gateway.Authorization;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Tests;

/// <summary>The permission table as written down for clients, flag by flag, against what the gateway makes of it.</summary>
public sealed class UserAccessTests
{
    private const uint Stream = 3, Topic = 5;

    private static readonly string[] s_global =
        ["manage_servers", "read_servers", "manage_users", "read_users", "manage_streams", "read_streams", "manage_topics", "read_topics", "poll_messages", "send_messages"];

    private static readonly string[] s_stream = ["manage_stream", "read_stream", "manage_topics", "read_topics", "poll_messages", "send_messages"];

    private static readonly string[] s_topic = ["manage_topic", "read_topic", "poll_messages", "send_messages"];

    private static readonly (string Name, Func<UserAccess, bool> May, string Global, string Stream, string Topic)[] s_table =
    [
        ("stats", access => access.MayReadServer(), "manage_servers read_servers", "", ""),
        ("users", access => access.MayReadUsers(), "manage_users read_users", "", ""),
        ("create user", access => access.MayManageUsers(), "manage_users", "", ""),
        ("streams", access => access.MayListStreams(), "manage_streams read_streams", "", ""),
        ("stream", access => access.MayReadStream(Stream), "manage_streams read_streams", "manage_stream read_stream", ""),
        ("create stream", access => access.MayCreateStream(), "manage_streams", "", ""),
        ("update stream", access => access.MayManageStream(Stream), "manage_streams", "manage_stream", ""),
        ("topics", access => access.MayListTopics(Stream), "manage_streams read_streams manage_topics read_topics", "manage_stream read_stream manage_topics read_topics", ""),
        ("topic", access => access.MayReadTopic(Stream, Topic), "manage_streams read_streams manage_topics read_topics", "manage_stream read_stream manage_topics read_topics", "manage_topic read_topic"),
        ("create topic", access => access.MayCreateTopic(Stream), "manage_streams manage_topics", "manage_stream manage_topics", ""),
        ("update topic", access => access.MayManageTopic(Stream, Topic), "manage_streams manage_topics", "manage_stream manage_topics", "manage_topic"),
        ("poll", access => access.MayPoll(Stream, Topic), "poll_messages read_topics manage_topics read_streams manage_streams",
            "manage_stream read_stream manage_topics read_topics poll_messages", "manage_topic read_topic poll_messages"),
        ("send", access => access.MaySend(Stream, Topic), "send_messages manage_streams manage_topics", "manage_stream manage_topics send_messages", "manage_topic send_messages"),
    ];

    [Fact]
    public void Access_EachFlagAlone_AllowsItsRowsAndNothingElse()
    {
        foreach (var (name, may, global, stream, topic) in s_table)
        {
            for (var i = 0; i < s_global.Length; i++)
                Assert.True(may(Global(1 << i)) == global.Split(' ').Contains(s_global[i]), $"{name}: global {s_global[i]}");
            for (var i = 0; i < s_stream.Length; i++)
            {
                Assert.True(may(InStream(Stream, 1 << i)) == stream.Split(' ').Contains(s_stream[i]), $"{name}: stream {s_stream[i]}");
                Assert.False(may(InStream(Stream + 1, 1 << i)), $"{name}: another stream's {s_stream[i]}");
            }
            for (var i = 0; i < s_topic.Length; i++)
            {
                Assert.True(may(InTopic(Stream, Topic, 1 << i)) == topic.Split(' ').Contains(s_topic[i]), $"{name}: topic {s_topic[i]}");
                Assert.False(may(InTopic(Stream, Topic + 1, 1 << i)), $"{name}: another topic's {s_topic[i]}");
                Assert.False(may(InTopic(Topic, Stream, 1 << i)), $"{name}: another stream's topic's {s_topic[i]}");
            }
            Assert.False(may(UserAccess.None), $"{name}: nothing");
            Assert.False(may(UserAccess.Of(null)), $"{name}: no block");
            Assert.True(may(UserAccess.Of(UserPermissions.All)), $"{name}: root");
        }
    }

    [Fact]
    public void Access_OfSeveralLevels_IsTheirUnion()
    {
        var access = UserAccess.Of(new UserPermissions
        {
            Global = (ushort)GlobalPermissions.PollMessages,
            Streams = [Grants(Stream, 0, (Topic, (int)TopicPermissionFlags.SendMessages)), Grants(Stream + 1, (int)StreamPermissionFlags.ReadStream)],
        });
        Assert.True(access.MayPoll(Stream, Topic)); // the stream's own flags, all false, take nothing away
        Assert.True(access.MaySend(Stream, Topic));
        Assert.False(access.MaySend(Stream, Topic + 1));
        Assert.True(access.MayReadTopic(Stream + 1, Topic));
        Assert.False(access.MayReadTopic(Stream, Topic));
    }

    [Fact]
    public void May_OnTheHotPath_AllocatesNothing()
    {
        var access = InTopic(Stream, Topic, (int)TopicPermissionFlags.SendMessages);
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.True(access.May(MessageAction.Send, Stream, Topic));
                Assert.False(access.May(MessageAction.Poll, Stream, Topic));
            }
        }));
    }

    [Fact]
    public void PermissionBlock_ThereAndBack_IsTheSame()
    {
        var permissions = new Permissions(GlobalPermissions.ReadServers | GlobalPermissions.SendMessages,
        [
            new StreamPermissions(1, StreamPermissionFlags.ManageStream, [new TopicPermissions(2, TopicPermissionFlags.SendMessages)]),
            new StreamPermissions(4_000_000_000, StreamPermissionFlags.None, []),
        ]);
        var back = PermissionBlock.ToProtocol(PermissionBlock.ToGrain(permissions))!;
        Assert.Equal(permissions.Global, back.Global);
        Assert.Equal(permissions.Streams.Select(Text), back.Streams.Select(Text));
        Assert.Null(PermissionBlock.ToGrain(null));
        Assert.Null(PermissionBlock.ToProtocol(null));
    }

    private static string Text(StreamPermissions stream) => $"{stream.StreamId} {stream.Flags} {string.Join(',', stream.Topics)}";

    private static UserAccess Global(int flags) => UserAccess.Of(new UserPermissions { Global = (ushort)flags });

    private static UserAccess InStream(uint stream, int flags) => UserAccess.Of(new UserPermissions { Streams = [Grants(stream, flags)] });

    private static UserAccess InTopic(uint stream, uint topic, int flags) => UserAccess.Of(new UserPermissions { Streams = [Grants(stream, 0, (topic, flags))] });

    private static StreamGrants Grants(uint stream, int flags, params (uint Topic, int Flags)[] topics) => new()
    {
        StreamId = stream,
        Flags = (byte)flags,
        Topics = [.. topics.Select(topic => new TopicGrants(topic.Topic, (byte)topic.Flags))],
    };
}
