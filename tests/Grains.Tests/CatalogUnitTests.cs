using System.Collections.Immutable;
using System.Text;
using Iggy.Grains.Catalog;
using Iggy.Grains.Hosting;
using Iggy.Grains.Interfaces.ConsumerGroups;
using Iggy.Grains.Interfaces.Streams;
using Iggy.Grains.Interfaces.Topics;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Metadata;
using Iggy.Grains.Partitions;
using Iggy.Grains.Streams;
using Iggy.Grains.Topics;
using Iggy.Grains.Users;

namespace Iggy.Grains.Tests;

public sealed class CatalogUnitTests
{
    private static readonly Guid s_a = new("01930000-0000-7000-8000-00000000000a"), s_b = new("01930000-0000-7000-8000-00000000000b");

    [Theory]
    [InlineData(new uint[0], 0)]
    [InlineData(new uint[] { 0 }, 1)]
    [InlineData(new uint[] { 1 }, 0)]
    [InlineData(new uint[] { 0, 2, 3 }, 1)]
    [InlineData(new uint[] { 0, 1, 2, 9 }, 3)]
    [InlineData(new uint[] { 0, 1, 4, 5, 9 }, 2)]
    public void Lowest_AnyList_IsTheFirstGap(uint[] ids, int expected) => Assert.Equal(expected, FreeIds.Lowest(ids.Length, i => ids[i]));

    [Theory]
    [InlineData(new uint[0], new uint[] { 0, 1 }, 2u, 0)]
    [InlineData(new uint[] { 0, 2, 3, 9 }, new uint[] { 1 }, 4u, 3)]
    [InlineData(new uint[] { 0, 2, 3, 9 }, new uint[] { 5, 0 }, 1u, 1)]
    [InlineData(new uint[] { 1, 2 }, new uint[] { 0, 3 }, 4u, 2)]
    public void Lowest_WithIdsHeldBack_SkipsThem(uint[] ids, uint[] heldBack, uint expected, int position) =>
        Assert.Equal((expected, position), FreeIds.Lowest(ids.Length, i => ids[i], [.. heldBack]));

    [Fact]
    public void Split_AcrossRuns_CutsFromTheEnd()
    {
        ImmutableArray<PartitionRun> runs = [new(0, 3, 1), new(5, 2, 2), new(9, 4, 3)];
        for (var count = 0u; count <= 9; count++)
        {
            var (kept, cut) = PartitionRuns.Split(runs, count);
            var all = PartitionRuns.Entries(s_a, runs).Select(entry => entry.Key).ToArray();
            Assert.Equal(all[..^(int)count], PartitionRuns.Entries(s_a, kept).Select(entry => entry.Key));
            Assert.Equal(all[^(int)count..].Order(), PartitionRuns.Entries(s_a, cut).Select(entry => entry.Key).Order());
            Assert.DoesNotContain(kept.AddRange(cut), run => run.Count == 0);
        }
    }

    [Theory]
    [InlineData("0193000000007000800000000000000a/0", true)]
    [InlineData("0193000000007000800000000000000a/18446744073709551615", true)]
    [InlineData("0193000000007000800000000000000a/18446744073709551616", false)]
    [InlineData("0193000000007000800000000000000A/0", false)]
    [InlineData("0193000000007000800000000000000a/00", false)]
    [InlineData("0193000000007000800000000000000a/+1", false)]
    [InlineData("0193000000007000800000000000000a/", false)]
    [InlineData("0193000000007000800000000000000a", false)]
    [InlineData("0193000000007000800000000000000a/0/../..", false)]
    [InlineData("../0", false)]
    [InlineData("", false)]
    public void IsValid_AnyKey_OnlyTheOneSpelling(string key, bool expected) => Assert.Equal(expected, PartitionKey.IsValid(key));

    // The texts below are what lies in metadata files out there. If one of them has to change, those files need a way to be read.
    [Fact]
    public void State_OfEachKind_IsWrittenAndReadAsOnDisk()
    {
        Holds(new StreamDirectoryState { Streams = [new StreamEntry(3, s_a, "örders", 1_700_000_000_000_000)], Removing = [s_b], RemovingIds = [4] },
            """{"streams":[{"id":3,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"\u00F6rders","createdAtMicros":1700000000000000}],"removing":["01930000-0000-7000-8000-00000000000b"],"removingIds":[4]}""");
        Holds(new StreamState { Topics = [new TopicEntry(1, s_a, "t", 5, new TopicSettings(TopicSettings.Never, 6, 2, 1))], Removing = [s_b], RemovingIds = [4] },
            """{"topics":[{"id":1,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"t","createdAtMicros":5,"settings":{"messageExpiryMicros":18446744073709551615,"maxBytes":6,"compression":2,"replicationFactor":1,"tuning":null}}],"removing":["01930000-0000-7000-8000-00000000000b"],"removingIds":[4]}""");
        Holds(new TopicState { NextSequence = 7, Partitions = [new PartitionRun(0, 3, 5)], Removing = [new PartitionRun(3, 4, 5)], Groups = [new ConsumerGroupEntry(0, s_a, "g")], RemovingGroups = [new ConsumerGroupEntry(1, s_b, "h")] },
            """{"nextSequence":7,"partitions":[{"firstSequence":0,"count":3,"createdAtMicros":5}],"removing":[{"firstSequence":3,"count":4,"createdAtMicros":5}],"groups":[{"id":0,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"g"}],"removingGroups":[{"id":1,"incarnation":"01930000-0000-7000-8000-00000000000b","name":"h"}]}""");
        Holds(new TopicState { NextSequence = 1, Settings = new TopicSettings(5, 6, 2, 1) },
            """{"nextSequence":1,"partitions":[],"removing":[],"groups":[],"removingGroups":[],"settings":{"messageExpiryMicros":5,"maxBytes":6,"compression":2,"replicationFactor":1,"tuning":null}}""");
        Holds(new UserDirectoryState { Users = [new UserEntry(0, "iggy", 5, Inactive: true, HasGrants: true, Generation: 2)], NextId = 7, Removing = [3] },
            """{"users":[{"id":0,"username":"iggy","createdAtMicros":5,"inactive":true,"hasGrants":true,"generation":2,"keptToken":null}],"nextId":7,"removing":[3]}""");
        var permissions = new UserPermissions { Global = 1023, Streams = [new StreamGrants { StreamId = 1, Flags = 63, Topics = [new TopicGrants(2, 15)] }] };
        Holds(new UserState { PasswordHash = "$2a$", Permissions = permissions, Tokens = [new StoredToken("t", "ab", 6)] },
            """{"passwordHash":"$2a$","permissions":{"global":1023,"streams":[{"streamId":1,"flags":63,"topics":[{"topicId":2,"flags":15}]}]},"tokens":[{"name":"t","hash":"ab","expiresAtMicros":6}]}""");
        Holds(new TokenIndexState { Tokens = [new TokenOwner("ab", 7, 6)] },
            """{"tokens":[{"hash":"ab","userId":7,"expiresAtMicros":6}]}""");
        Holds(new RevokedTokensState { Tokens = ImmutableDictionary<string, long>.Empty.Add("id", 7) }, """{"tokens":{"id":7}}""");
    }

    [Fact]
    public void Page_OfEachDirectory_IsWrittenAndReadAsOnDisk()
    {
        Holds(new StreamDirectoryState { Pages = 2, RemovingIds = [4] }, """{"streams":[],"removing":[],"removingIds":[4],"pages":2}""");
        Holds(new DirectoryPage<StreamEntry> { Entries = [new StreamEntry(3, s_a, "s", 5)] },
            """{"entries":[{"id":3,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"s","createdAtMicros":5}]}""");
        Holds(new DirectoryPage<TopicEntry> { Entries = [new TopicEntry(1, s_a, "t", 5, new TopicSettings(7, 6, 2, 1))] },
            """{"entries":[{"id":1,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"t","createdAtMicros":5,"settings":{"messageExpiryMicros":7,"maxBytes":6,"compression":2,"replicationFactor":1,"tuning":null}}]}""");
        Holds(new DirectoryPage<UserEntry> { Entries = [new UserEntry(0, "iggy", 5)] },
            """{"entries":[{"id":0,"username":"iggy","createdAtMicros":5,"inactive":false,"hasGrants":false,"generation":0,"keptToken":null}]}""");
        Holds(new DirectoryPage<ConsumerGroupEntry> { Entries = [new ConsumerGroupEntry(0, s_a, "g")] },
            """{"entries":[{"id":0,"incarnation":"01930000-0000-7000-8000-00000000000a","name":"g"}]}""");
    }

    [Fact]
    public void State_WithUnknownAndMissingProperties_IsRead()
    {
        var streams = new StateSerializer().Deserialize<StreamDirectoryState>(new BinaryData("""{"later":{"x":[1]},"removing":[]}"""));
        Assert.Empty(streams.Streams);
        Assert.Empty(streams.RemovingIds);
        Assert.Empty(new StateSerializer().Deserialize<StreamState>(new BinaryData("{}")).Topics);
        Assert.Empty(new StateSerializer().Deserialize<TopicState>(new BinaryData("{}")).Partitions);
        Assert.Empty(new StateSerializer().Deserialize<TopicState>(new BinaryData("{}")).RemovingGroups);
        Assert.Empty(new StateSerializer().Deserialize<UserDirectoryState>(new BinaryData("{}")).Users);
        // What servers wrote that knew the root user only.
        var user = new StateSerializer().Deserialize<UserDirectoryState>(new BinaryData("""{"users":[{"id":0,"username":"iggy","createdAtMicros":5}]}""")).Users[0];
        Assert.Equal(new UserEntry(0, "iggy", 5), user);
        var state = new StateSerializer().Deserialize<UserState>(new BinaryData("""{"passwordHash":"$2a$","inactive":false}"""));
        Assert.Equal(("$2a$", null, 0), (state.PasswordHash, state.Permissions, state.Tokens.Length));
        Assert.Empty(new StateSerializer().Deserialize<UserState>(new BinaryData("""{"permissions":{}}""")).Permissions!.Streams);
        Assert.Empty(new StateSerializer().Deserialize<TokenIndexState>(new BinaryData("{}")).Tokens);
        Assert.Empty(new StateSerializer().Deserialize<RevokedTokensState>(new BinaryData("{}")).Tokens);
    }

    private static void Holds<T>(T state, string json)
    {
        var serializer = new StateSerializer();
        var stored = serializer.Serialize(state);
        Assert.Equal(json, JsonOf(stored));
        Assert.Equal(json, JsonOf(serializer.Serialize(serializer.Deserialize<T>(stored))));
    }

    private static string JsonOf(BinaryData row)
    {
        Assert.True(RowChecksum.TryRemove(row.ToMemory().Span, out var json));
        Assert.Equal(json.Length + 17, row.ToMemory().Length);
        return Encoding.UTF8.GetString(json);
    }
}
