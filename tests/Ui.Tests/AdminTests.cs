using System.Text;
using Iggy.Client;
using Iggy.Protocol;
using Microsoft.Playwright;

namespace Iggy.Ui.Tests;

/// <summary>Groups, users, tokens, dead letters and the server itself, in a browser.</summary>
[Trait("kind", "process")]
public sealed class AdminTests(ConsoleFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Goal: nobody winds a group back without having seen what it means. Method: a group that has read all is sent to an offset: first the preview, then as it said.
    [Fact]
    public async Task Group_IsReset_AsThePreviewSaid()
    {
        var (stream, topic) = (new Identifier("rewound"), new Identifier("topic"));
        await MakeTopicAsync("rewound", "topic");
        await SendAsync(stream, topic, 100);
        var group = await fixture.Client.CreateConsumerGroupAsync(stream, topic, "billing", Token);
        var consumer = new Consumer(ConsumerKind.Group, new Identifier(group.Id));
        await fixture.Client.StoreConsumerOffsetAsync(consumer, stream, topic, 0, 99, Token);
        var id = (await fixture.Client.GetStreamAsync(stream, Token))!.Stream.Id;

        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync();
            await visitor.GoAsync("groups");
            await page.FillAsync("input.filter", "billing");
            await page.ClickAsync("a:text-is('billing')");
            await page.Locator("td:text-is('99')").First.WaitForAsync();
            await visitor.PressAsync("Reset");
            var dialog = page.Locator(".mud-dialog");
            var send = dialog.GetByRole(AriaRole.Button, new() { Name = "Reset", Exact = true });
            Assert.True(await send.IsDisabledAsync());
            await page.SelectOptionAsync("select[aria-label=Where]", "Offset");
            await dialog.GetByLabel("Offset").FillAsync("40");
            await visitor.PressAsync("Preview");
            await visitor.SeeAsync("60 again");
            Assert.Equal(99ul, (await fixture.Client.GetConsumerOffsetAsync(consumer, stream, topic, 0, Token))!.Value.StoredOffset);
            await send.ClickAsync();
            await visitor.SeeAsync("The group reads from there on.");
            await page.Locator("td:text-is('39')").WaitForAsync();
        });
        Assert.Equal(39ul, (await fixture.Client.GetConsumerOffsetAsync(consumer, stream, topic, 0, Token))!.Value.StoredOffset);
        Assert.Equal($"streams/{id}/topics/0/groups/{group.Id}", visitor.Page.Url[visitor.Address.ToString().Length..]);
    }

    // Goal: a person grants what is meant, and it counts at once. Method: a user made in the browser gets one topic, and logs in.
    [Fact]
    public async Task User_MadeInTheBrowser_MayWhatTheEditorSays()
    {
        await MakeTopicAsync("granted", "allowed");
        await fixture.Client.CreateTopicAsync(new Identifier("granted"), "hidden", 1, cancellationToken: Token);
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync();
            await visitor.GoAsync("users");
            await visitor.PressAsync("New user");
            await page.Locator(".mud-dialog").GetByLabel("Name").FillAsync("guest");
            await page.Locator(".mud-dialog").GetByLabel("Password").FillAsync("guest-password");
            await visitor.PressAsync("Create");
            await page.ClickAsync("a:text-is('guest')");
            await visitor.SeeAsync("May do nothing but log in.");
            await page.FillAsync("input[aria-label='Stream to add']", "granted");
            await page.FillAsync("input[aria-label='Topic to add']", "allowed");
            await visitor.PressAsync("Grant in it");
            await page.SelectOptionAsync("select[aria-label=topic]", "Read");
            await page.Locator("tr:has-text('allowed') input[aria-label=sends]").CheckAsync();
            await visitor.SeeAsync("granted in 1 single stream");
            await visitor.PressAsync("Save permissions");
            await visitor.SeeAsync("The permissions are saved");
        });

        await using var guest = await fixture.VisitAsync();
        await guest.RunAsync(async () =>
        {
            await guest.LogInAsync("guest", "guest-password");
            await guest.GoAsync("streams");
            await guest.Page.ClickAsync("a:text-is('granted')");
            await guest.Page.ClickAsync("a:text-is('allowed')");
            await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).WaitForAsync();
            await guest.GoAsync(guest.Page.Url[guest.Address.ToString().Length..].Replace("/topics/0", "/topics/1", StringComparison.Ordinal));
            await guest.SeeAsync("You may not do that.");
        });
    }

    // Goal: a token is shown once and lets its owner in.
    [Fact]
    public async Task Token_MadeInTheBrowser_LogsIn()
    {
        await using var visitor = await fixture.VisitAsync();
        var secret = "";
        await visitor.RunAsync(async () =>
        {
            await visitor.LogInAsync();
            await visitor.GoAsync("tokens");
            await visitor.PressAsync("New token");
            await visitor.Page.Locator(".mud-dialog").GetByLabel("Name").FillAsync("from-the-browser");
            await visitor.PressAsync("Create");
            secret = (await visitor.Page.Locator(".secret b").TextContentAsync())!;
        });
        await using var other = await fixture.VisitAsync();
        await other.RunAsync(async () =>
        {
            await other.Page.GotoAsync(other.Address.ToString());
            await other.Page.ClickAsync("summary");
            await other.Page.FillAsync("input[name=token]", secret);
            await other.Page.ClickAsync("button[type=submit]");
            await other.Page.Locator(".page h1").WaitForAsync();
        });
    }

    // Goal: a dead letter tells why, and goes back to its topic as it was.
    [Fact]
    public async Task DeadLetter_IsSentAgain_WithoutItsMarks()
    {
        await MakeTopicAsync("shop", "orders");
        await fixture.Client.CreateTopicAsync(new Identifier("shop"), "orders.dlq.billing", 1, cancellationToken: Token);
        var headers = new MessageHeaders().Add("shop", "north").Add("iggy-dlq-topic", "orders").Add("iggy-dlq-partition", 0u).Add("iggy-dlq-offset", 5ul).Add("iggy-dlq-group", "billing")
            .Add("iggy-dlq-attempts", 3).Add("iggy-dlq-error", "FormatException: no price").ToMemory();
        await fixture.Client.SendMessageAsync(new Identifier("shop"), new Identifier("orders.dlq.billing"), Partitioning.ToPartition(0), new Message("an order"u8.ToArray()) { UserHeaders = headers }, Token);
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            await visitor.LogInAsync();
            await visitor.GoAsync("dead-letters");
            await visitor.SeeAsync("FormatException: no price");
            await visitor.PressAsync("Send again");
            await visitor.Page.Locator(".mud-dialog").GetByRole(AriaRole.Button, new() { Name = "Send again", Exact = true }).ClickAsync();
            await visitor.SeeAsync("1 message sent.");
        });
        using var polled = await fixture.Client.PollMessagesAsync(new Consumer(ConsumerKind.Single, new Identifier(7)), new Identifier("shop"), new Identifier("orders"), 0, PollingStrategy.First, 10, cancellationToken: Token);
        var names = new List<string>();
        foreach (var message in polled)
        {
            var walk = message.EnumerateHeaders();
            while (walk.MoveNext())
                names.Add(Encoding.UTF8.GetString(walk.Key.Bytes));
        }
        Assert.Equal(["shop"], names);
    }

    // Goal: secrets stay secrets, and every page stands on a phone without being wider than it.
    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Pages_OnAPhone_FitItsWidth(ColorScheme scheme)
    {
        await MakeTopicAsync($"narrow-{scheme}", "topic");
        var stream = (await fixture.Client.GetStreamAsync(new Identifier($"narrow-{scheme}"), Token))!.Stream.Id;
        var user = (await fixture.Client.CreateUserAsync($"narrow-{scheme}", "narrow-password", permissions: null, cancellationToken: Token)).User.Id;
        await using var visitor = await fixture.VisitAsync(new() { ViewportSize = new() { Width = 390, Height = 780 }, ColorScheme = scheme });
        await visitor.RunAsync(async () =>
        {
            await visitor.LogInAsync();
            foreach (var path in (string[])["", "streams", $"streams/{stream}", $"streams/{stream}/topics/0", $"streams/{stream}/topics/0/messages", $"streams/{stream}/topics/0/tail", "groups", "users", $"users/{user}", "tokens",
                "clients", "dead-letters", "backup", "cluster", "configuration"])
            {
                await visitor.GoAsync(path);
                var width = await visitor.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
                Assert.True(width <= 390, $"/{path} is {width} wide");
            }
            await visitor.GoAsync("configuration");
            await visitor.Page.FillAsync("input.filter", "Iggy:Root:Password");
            await visitor.SeeAsync("******");
        });
    }

    private async Task MakeTopicAsync(string stream, string topic)
    {
        await fixture.Client.CreateStreamAsync(stream, Token);
        await fixture.Client.CreateTopicAsync(new Identifier(stream), topic, 1, cancellationToken: Token);
    }

    private async Task SendAsync(Identifier stream, Identifier topic, int count)
    {
        var messages = Enumerable.Range(0, count).Select(static i => new Message(Encoding.UTF8.GetBytes($"message {i}"))).ToArray();
        await fixture.Client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), messages, Token);
    }
}
