namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Messages that are pushed to the members of a consumer group.</summary>
public sealed class GroupPushTests(HttpFixture fixture)
{
    private const string AsGroup = Member.AsGroup;

    [Fact]
    public async Task Stream_OfAMember_PushesItsPartitionsAndFollowsTheGroup()
    {
        using var topic = await GroupOverHttp.MakeAsync(fixture.Server, partitions: 2);
        await topic.SendAsync(each: 2);
        using var first = await OpenAsync(topic, "one", "&auto_commit=true");
        Assert.Equal(["0:0", "0:1", "1:0", "1:1"], (await TakeAsync(first, 4)).Order());
        await topic.SendAsync(each: 1); // nobody asks for these: they come
        Assert.Equal(["0:2", "1:2"], (await TakeAsync(first, 2)).Order());

        using var second = await OpenAsync(topic, "two", "&auto_commit=true");
        var one = await topic.MemberAsync("one");
        var two = await topic.MemberAsync("two");
        await OwnAsync(one, 1);
        await OwnAsync(two, 1);
        await topic.SendAsync(each: 1);
        Assert.Equal(["0:3", "1:3"], new[] { (await TakeAsync(first, 1))[0], (await TakeAsync(second, 1))[0] }.Order());

        await one.AskAsync("/session", "DELETE");
        var (name, data) = await first.NextAsync();
        Assert.Equal("error", name);
        Assert.StartsWith("{\"id\":30,", data, StringComparison.Ordinal);
        Assert.Null((await first.NextAsync()).Event);
        await topic.SendAsync(each: 1);
        Assert.Equal(["0:4", "1:4"], (await TakeAsync(second, 2)).Order());
    }

    [Fact]
    public async Task Stream_WithoutAutoCommit_PushesEachOnceAndLeavesTheOffsetToTheClient()
    {
        using var topic = await GroupOverHttp.MakeAsync(fixture.Server, partitions: 1);
        var member = await topic.MemberAsync("m");
        await topic.SendAsync(each: 3);
        using (var events = await OpenAsync(topic, "m", "&count=2"))
        {
            Assert.Equal(["0:0", "0:1", "0:2"], await TakeAsync(events, 3));
            Assert.Equal(404, (await member.AskAsync($"{topic.Path}/consumer-offsets?{AsGroup}")).Status);
            Assert.Equal(204, (await member.AskAsync($"{topic.Path}/consumer-offsets", "PUT", """{"consumer_kind":"group","consumer_id":"g","partition_id":0,"offset":1}""")).Status);
            await topic.SendAsync(each: 1);
            Assert.Equal(["0:3"], await TakeAsync(events, 1));
        }
        using var again = await OpenAsync(topic, "m", ""); // from what was stored
        Assert.Equal(["0:2", "0:3"], await TakeAsync(again, 2));
        await topic.Owner.DoAsync("DELETE", topic.Membership[..^"/membership".Length]);
        Assert.StartsWith("{\"id\":5000,", (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_WhatCannotBegin_HasAStatusAndLeavesNoMember()
    {
        using var topic = await GroupOverHttp.MakeAsync(fixture.Server, partitions: 1);
        foreach (var query in new[] { "&kind=first", "&kind=offset&value=1", "&partition_id=0" })
            await topic.Owner.RefusedAsync(400, 3, "GET", $"{topic.Path}/messages/stream?{AsGroup}{query}");
        await topic.Owner.RefusedAsync(404, 5000, "GET", $"{topic.Path}/messages/stream?consumer_kind=group&consumer_id=nobody");
        Assert.Equal(400, (await topic.Owner.AskAsync("HEAD", $"{topic.Path}/messages/stream?{AsGroup}")).Status);
        Assert.Equal("0", await topic.WhenAsync(members => members.Length == 0));
    }

    private static async Task<EventReader> OpenAsync(GroupOverHttp topic, string session, string query) =>
        await EventReader.OpenAsync(topic.Server, topic.Owner.Token!, $"{topic.Path}/messages/stream?{AsGroup}{query}", session: session);

    private static async Task<List<string>> TakeAsync(EventReader events, int count)
    {
        var ids = new List<string>();
        while (ids.Count < count)
        {
            await events.NextMessageAsync();
            ids.Add(events.LastId!);
        }
        return ids;
    }

    private static async Task OwnAsync(Member member, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await member.DoAsync("/session")).GetProperty("consumer_groups")[0].GetProperty("partitions").GetArrayLength() != count)
            limit.Token.ThrowIfCancellationRequested();
    }
}
