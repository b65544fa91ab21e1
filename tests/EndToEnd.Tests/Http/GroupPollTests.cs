using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>Reading as a member of a consumer group: sessions over HTTP take the part of connections.</summary>
public sealed class GroupPollTests(HttpFixture fixture)
{
    private const string AsGroup = Member.AsGroup;

    [Fact]
    public async Task Sessions_OfOneUser_ShareThePartitionsAndSeeEachOtherComeAndGo()
    {
        using var topic = await MakeAsync(partitions: 4);
        var (first, second) = (await topic.MemberAsync("worker-1"), await topic.MemberAsync("worker.2_x"));
        await topic.SendAsync(each: 2);
        Assert.Equal(["0/0 0/1", "1/0 1/1", "2/0 2/1", "3/0 3/1"], (await TakeAsync(first, 4)).Order()); // the first poll joins, and reads all in turn
        Assert.Equal($$"""{"session":"worker-1","timeout":30000000,"consumer_groups":[{"stream_id":{{topic.StreamId}},"topic_id":0,"group_id":0,"consumer_group_id":0,"partitions":[0,1,2,3]}]}""", (await first.AskAsync("/session")).Body);

        Assert.Equal(204, (await second.AskAsync(topic.Membership, "PUT")).Status);
        Assert.Equal(204, (await second.AskAsync(topic.Membership, "PUT")).Status); // twice is once
        Assert.Equal("2", await topic.WhenAsync(members => members.All(partitions => partitions.Length == 2)));
        await WhenSharedAsync(first, second);
        await topic.SendAsync(each: 1);
        var (one, two) = (await TakeAsync(first, 2), await TakeAsync(second, 2));
        Assert.Equal(["0/2", "1/2", "2/2", "3/2"], one.Concat(two).Order()); // each once
        Assert.Equal("", await first.PollAsync());

        Assert.Equal(204, (await first.AskAsync("/session", "DELETE")).Status);
        Assert.Equal(404, (await first.AskAsync("/session")).Status);
        Assert.Equal("1", await topic.WhenAsync(members => members is [{ Length: 4 }]));
        Assert.Equal(204, (await second.AskAsync(topic.Membership, "DELETE")).Status);
        Assert.Equal("0", await topic.WhenAsync(members => members.Length == 0));
        Assert.Equal("[]", (await second.DoAsync("/session")).GetProperty("consumer_groups").GetRawText());
    }

    [Fact]
    public async Task Session_WithoutAHeader_IsTheTokensOwnAndEndsWithIt()
    {
        using var topic = await MakeAsync(partitions: 2);
        var (one, other) = (await topic.MemberAsync(null), await topic.MemberAsync(null)); // two logins of one user
        await topic.SendAsync(each: 1);
        Assert.Equal(["0/0", "1/0"], (await TakeAsync(one, 2)).Order());
        Assert.Equal("null", (await one.DoAsync("/session")).GetProperty("session").GetRawText());
        Assert.Equal(404, (await other.AskAsync("/session")).Status);
        await other.AskAsync(topic.Membership, "PUT");
        Assert.Equal("2", await topic.WhenAsync(members => members.All(partitions => partitions.Length == 1)));
        Assert.Equal(204, (await one.AskAsync("/users/logout", "DELETE")).Status);
        Assert.Equal("1", await topic.WhenAsync(members => members is [{ Length: 2 }]));
    }

    [Fact]
    public async Task Session_SilentForTooLong_LosesItsPlaceAndJoinsAgainWhenItPolls()
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Http__SessionTimeout"] = "00:00:00.300";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var topic = await GroupOverHttp.MakeAsync(server, partitions: 2);
        var (silent, busy) = (await topic.MemberAsync("silent"), await topic.MemberAsync("busy"));
        await silent.AskAsync(topic.Membership, "PUT");
        await busy.AskAsync(topic.Membership, "PUT");
        Assert.Contains("\"transport\":\"http\",\"consumer_groups_count\":1", (await topic.Owner.AskAsync("GET", "/clients")).Body, StringComparison.Ordinal);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await busy.DoAsync("/session")).GetProperty("consumer_groups")[0].GetProperty("partitions").GetArrayLength() < 2) // any request keeps a session
            limit.Token.ThrowIfCancellationRequested();
        await server.WaitForOutputAsync("was silent for more than 00:00:00.3000000");
        await busy.AskAsync("/session", "DELETE");

        Assert.Equal(404, (await silent.AskAsync("/session")).Status);
        Assert.Equal(5006, (await silent.AskAsync($"{topic.Path}/consumer-offsets", "PUT", """{"consumer_kind":"group","consumer_id":"g","offset":0}""")).Json.GetProperty("id").GetInt32());
        await topic.SendAsync(each: 1);
        Assert.Equal(["0/0", "1/0"], (await TakeAsync(silent, 2)).Order());
        Assert.Equal("0", await topic.WhenAsync(members => members.Length == 0)); // and out again by itself
    }

    [Fact]
    public async Task Offsets_OfTheGroup_AreOneWithTheBinaryProtocols()
    {
        using var topic = await MakeAsync(partitions: 2);
        var member = await topic.MemberAsync("m");
        await topic.SendAsync(each: 3);
        var offsets = $"{topic.Path}/consumer-offsets";
        Assert.Equal("1/0 1/1 1/2", await member.PollAsync("partition_id=1&auto_commit=false"));
        Assert.Equal("1/0 1/1 1/2", await member.PollAsync("partition_id=1&auto_commit=false")); // not committed: comes again
        Assert.Equal(404, (await member.AskAsync($"{offsets}?{AsGroup}&partition_id=1")).Status);
        Assert.Equal(204, (await member.AskAsync(offsets, "PUT", """{"consumer_kind":"group","consumer_id":"g","partition_id":1,"offset":1}""")).Status);
        Assert.Equal("""{"partition_id":1,"current_offset":2,"stored_offset":1}""", (await member.AskAsync($"{offsets}?{AsGroup}&partition_id=1")).Body);
        Assert.Equal("1/2", await member.PollAsync("partition_id=1&auto_commit=false"));
        Assert.Equal(204, (await member.AskAsync(offsets, "PUT", """{"consumer_kind":"group","consumer_id":0,"offset":2}""")).Status); // the one polled last
        Assert.Equal(404, (await member.AskAsync($"{offsets}?consumer_id=g&partition_id=1")).Status); // a consumer of that name is another one
        await topic.Owner.RefusedAsync(404, 5006, "PUT", offsets, """{"consumer_kind":"group","consumer_id":"g","partition_id":1,"offset":1}""");

        using var binary = await RawClient.LogInAsync(fixture.Server.Tcp);
        var reply = await binary.DoAsync(120, RawClient.U8(2), RawClient.Id("g"), RawClient.Id(topic.Path.Split('/')[2]), RawClient.Id("t"), RawClient.U8(1), RawClient.U32(1));
        Assert.Equal(2ul, BitConverter.ToUInt64(reply, 12));

        Assert.Equal(204, (await member.AskAsync($"{offsets}/g?consumer_kind=group&partition_id=1", "DELETE")).Status);
        Assert.Equal(3021, (await member.AskAsync($"{offsets}/g?consumer_kind=group&partition_id=1", "DELETE")).Json.GetProperty("id").GetInt32());
        Assert.Equal("1/0", await member.PollAsync("partition_id=1&count=1"));
        Assert.Equal("1/0", await member.PollAsync("partition_id=1&count=1&kind=offset&value=0"));
    }

    [Fact]
    public async Task Offsets_OfAGroupThatNobodyIsIn_AreSetByWhoeverMayReadTheTopic()
    {
        using var topic = await MakeAsync(partitions: 1);
        await topic.SendAsync(each: 3);
        var offsets = $"{topic.Path}/consumer-offsets";
        Assert.Equal(204, (await topic.Owner.AskAsync("PUT", offsets, """{"consumer_kind":"group","consumer_id":"g","partition_id":0,"offset":1}""")).Status);
        Assert.Equal("""{"partition_id":0,"current_offset":2,"stored_offset":1}""", (await topic.Owner.AskAsync("GET", $"{offsets}?{AsGroup}&partition_id=0")).Body);
        Assert.Equal(204, (await topic.Owner.AskAsync("DELETE", $"{offsets}/g?consumer_kind=group&partition_id=0")).Status);
        var member = await topic.MemberAsync("m");
        await member.AskAsync(topic.Membership, "PUT");
        await topic.Owner.RefusedAsync(404, 5006, "PUT", offsets, """{"consumer_kind":"group","consumer_id":"g","partition_id":0,"offset":1}""");
    }

    [Fact]
    public async Task FirstPolls_SideBySide_MakeOneMember()
    {
        using var topic = await MakeAsync(partitions: 3);
        await topic.SendAsync(each: 1);
        var member = await topic.MemberAsync("many");
        var polled = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => member.PollAsync()));
        Assert.Equal(["0/0", "1/0", "2/0"], polled.Where(found => found.Length > 0).Order()); // committed as they are read: each once
        Assert.Equal("1", await topic.WhenAsync(members => members is [{ Length: 3 }]));
    }

    [Fact]
    public async Task WhatIsWrong_IsToldByStatusAndCode()
    {
        using var topic = await MakeAsync(partitions: 1);
        var (owner, offsets) = (topic.Owner, $"{topic.Path}/consumer-offsets");
        foreach (var query in new[] { "consumer_kind=group", "consumer_kind=Group&consumer_id=g", "consumer_kind=&consumer_id=g", $"{AsGroup}&partition_id=x", $"{AsGroup}&kind=x", $"{AsGroup}&consumer_kind=group" })
            await owner.RefusedAsync(400, 3, "GET", $"{topic.Path}/messages?{query}");
        await owner.RefusedAsync(404, 5000, "GET", $"{topic.Path}/messages?consumer_kind=group&consumer_id=nobody");
        await owner.RefusedAsync(404, 2010, "GET", $"{topic.Path}x/messages?{AsGroup}");
        await owner.RefusedAsync(404, 1009, "GET", $"/streams/nowhere/topics/t/messages?{AsGroup}");
        Assert.Equal(400, (await owner.AskAsync("HEAD", $"{topic.Path}/messages?{AsGroup}")).Status);
        await owner.RefusedAsync(422, 3, "PUT", offsets, """{"consumer_kind":"group","offset":0}""");
        await owner.RefusedAsync(422, 3, "PUT", offsets, """{"consumer_kind":"x","consumer_id":"g","offset":0}""");
        await owner.RefusedAsync(404, 5000, "PUT", offsets, """{"consumer_kind":"group","consumer_id":"nobody","offset":0}""");
        await owner.RefusedAsync(404, 5006, "DELETE", $"{offsets}/g?consumer_kind=group");
        await owner.RefusedAsync(400, 3, "DELETE", $"{offsets}/g?consumer_kind=x");
        await owner.RefusedAsync(404, 5006, "DELETE", topic.Membership);
        await owner.RefusedAsync(404, 404, "GET", "/session");
        foreach (var name in new[] { "", " ", "a b", "a/b", new string('x', 65) })
            Assert.Equal(400, (await owner.AskAsync("GET", $"{topic.Path}/messages?{AsGroup}", headers: ("Iggy-Session", name))).Status);

        var member = await topic.MemberAsync("m");
        Assert.Equal("", await member.PollAsync("partition_id=7")); // not the member's: nothing
        Assert.Equal(3022, (await member.AskAsync(offsets, "PUT", """{"consumer_kind":"group","consumer_id":"g","partition_id":7,"offset":0}""")).Json.GetProperty("id").GetInt32());
        Assert.Equal(4100, (await member.AskAsync(offsets, "PUT", """{"consumer_kind":"group","consumer_id":"g","partition_id":0,"offset":9}""")).Json.GetProperty("id").GetInt32());
        await owner.DoAsync("DELETE", topic.Membership[..^"/membership".Length]);
        Assert.Equal(5000, (await member.AskAsync($"{topic.Path}/messages?{AsGroup}")).Json.GetProperty("id").GetInt32());

        // Whoever may poll but not read the topic does not become a member, nor does whoever may neither.
        var user = HttpFixture.NewName();
        await owner.DoAsync("POST", "/users", $$"""{"username":"{{user}}","password":"secret","status":"active"}""");
        await owner.DoAsync("POST", $"{topic.Path}/consumer-groups", """{"name":"g"}""");
        using var stranger = await ApiClient.LogInAsync(fixture.Server, user, "secret");
        await stranger.RefusedAsync(403, 41, "GET", $"{topic.Path}/messages?{AsGroup}");
        await stranger.RefusedAsync(403, 41, "PUT", topic.Membership);
        foreach (var (method, path) in new[] { ("GET", ""), ("POST", ""), ("GET", "/g"), ("DELETE", "/g") })
            await stranger.RefusedAsync(403, 41, method, $"{topic.Path}/consumer-groups{path}", method == "POST" ? """{"name":"x"}""" : null);
        var spy = new Member(stranger, topic.Path, "m"); // the name of another user's session
        Assert.Equal(404, (await spy.AskAsync("/session")).Status);
        stranger.Token = null;
        await stranger.RefusedAsync(401, 40, "GET", "/session");
        await stranger.RefusedAsync(401, 40, "PUT", topic.Membership);
    }

    [Fact]
    public async Task Sessions_MoreThanAllowed_AreRefused()
    {
        var settings = HttpFixture.Settings;
        settings["Iggy__Http__MaxSessions"] = "1";
        await using var server = await ServerProcess.StartAsync(settings: settings);
        using var topic = await GroupOverHttp.MakeAsync(server, partitions: 1);
        var (one, two) = (await topic.MemberAsync("one"), await topic.MemberAsync("two"));
        Assert.Equal(204, (await one.AskAsync(topic.Membership, "PUT")).Status);
        Assert.Equal(429, (await two.AskAsync(topic.Membership, "PUT")).Status);
        await one.AskAsync("/session", "DELETE");
        Assert.Equal(204, (await two.AskAsync(topic.Membership, "PUT")).Status);
    }

    // What a member reads when nobody has more than a fair share; the old owner hands over a moment after the group decides.
    private static async Task WhenSharedAsync(params Member[] members)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        foreach (var member in members)
        {
            while ((await member.DoAsync("/session")).GetProperty("consumer_groups")[0].GetProperty("partitions").GetArrayLength() != 2)
                limit.Token.ThrowIfCancellationRequested();
        }
    }

    // Polls until so many polls found something.
    private static async Task<List<string>> TakeAsync(Member member, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var all = new List<string>();
        while (all.Count < count)
        {
            limit.Token.ThrowIfCancellationRequested();
            if (await member.PollAsync() is { Length: > 0 } found)
                all.Add(found);
        }
        return all;
    }

    private Task<GroupOverHttp> MakeAsync(uint partitions) => GroupOverHttp.MakeAsync(fixture.Server, partitions);
}
