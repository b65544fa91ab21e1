using System.Collections.Immutable;
using Iggy.Grains.Interfaces.Users;
using Iggy.Protocol;

namespace Iggy.Gateway.Authorization;

/// <summary>Permissions as the protocol has them, and as grains keep them: the same flags in the same order.</summary>
internal static class PermissionBlock
{
    /// <summary>For a grain.</summary>
    public static UserPermissions? ToGrain(Permissions? permissions)
    {
        if (permissions is null)
            return null;

        var streams = ImmutableArray.CreateBuilder<StreamGrants>(permissions.Streams.Length);
        foreach (var stream in permissions.Streams)
        {
            var topics = ImmutableArray.CreateBuilder<TopicGrants>(stream.Topics.Length);
            foreach (var topic in stream.Topics)
                topics.Add(new TopicGrants(topic.TopicId, (byte)topic.Flags));
            streams.Add(new StreamGrants { StreamId = stream.StreamId, Flags = (byte)stream.Flags, Topics = topics.MoveToImmutable() });
        }

        return new UserPermissions { Global = (ushort)permissions.Global, Streams = streams.MoveToImmutable() };
    }

    /// <summary>For a reply.</summary>
    public static Permissions? ToProtocol(UserPermissions? permissions)
    {
        if (permissions is null)
            return null;

        var streams = ImmutableArray.CreateBuilder<StreamPermissions>(permissions.Streams.Length);
        foreach (var stream in permissions.Streams)
        {
            var topics = ImmutableArray.CreateBuilder<TopicPermissions>(stream.Topics.Length);
            foreach (var topic in stream.Topics)
                topics.Add(new TopicPermissions(topic.TopicId, (TopicPermissionFlags)topic.Flags));
            streams.Add(new StreamPermissions(stream.StreamId, (StreamPermissionFlags)stream.Flags, topics.MoveToImmutable()));
        }

        return new Permissions((GlobalPermissions)permissions.Global, streams.MoveToImmutable());
    }
}
