using System.Text;
using Iggy.Client;
using Iggy.Protocol;
using Microsoft.Playwright;

namespace Iggy.Ui.Tests;

/// <summary>What people do, in a browser.</summary>
[Trait("kind", "process")]
public sealed class PageTests(ConsoleFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Goal: from nothing to a message that is read: login, a stream, a topic, a message by hand, found again; no other host, no violation of the policy.
    [Fact]
    public async Task Stream_MadeInTheBrowser_TakesAMessageAndShowsIt()
    {
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync();
            await visitor.SeeAsync("All is well");
            await page.ClickAsync("nav a:has-text('Streams')");
            await visitor.PressAsync("New stream");
            await page.GetByLabel("Name").FillAsync("by-hand");
            await visitor.PressAsync("Create");
            await page.ClickAsync("a:text-is('by-hand')");
            await visitor.PressAsync("New topic");
            await page.GetByLabel("Name").FillAsync("orders");
            await page.GetByLabel("Messages are kept").FillAsync("7 days");
            await visitor.PressAsync("Create");
            await page.ClickAsync("a:text-is('orders')");
            await visitor.SeeAsync("7 d 0 h");

            await visitor.PressAsync("Send");
            await page.GetByLabel("Payload").FillAsync("""{"order":7,"item":"tea"}""");
            await page.GetByLabel("Headers").FillAsync("region: north");
            await page.Locator(".mud-dialog").GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
            await visitor.SeeAsync("Sent: partition 0, offset 0");

            await page.ClickAsync(".tabs a:has-text('Messages')");
            await page.ClickAsync("button.cell-button:text-is('0')");
            await visitor.SeeAsync("\"item\": \"tea\"");
            await visitor.SeeAsync("region");
            await page.SelectOptionAsync("select[aria-label='Show payload as']", "Hex");
            await visitor.SeeAsync("7b 22 6f 72");
        });
        var topic = await fixture.Client.GetTopicAsync(new Identifier("by-hand"), new Identifier("orders"), Token);
        Assert.Equal(1ul, topic!.Topic.MessagesCount);
    }

    // Goal: the browser of messages finds by offset, time and header, and steps.
    [Fact]
    public async Task Messages_AreFound_ByOffsetAndHeader()
    {
        await MakeTopicAsync("browsed", partitions: 1);
        var messages = Enumerable.Range(0, 120).Select(i => new Message(Encoding.UTF8.GetBytes($"message number {i}")) { UserHeaders = new MessageHeaders().Add("shop", i % 40 == 7 ? "rare" : "common").ToMemory() }).ToArray();
        await fixture.Client.SendMessagesAsync(new Identifier("browsed"), new Identifier("topic"), Partitioning.ToPartition(0), messages, Token);
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync();
            await visitor.GoAsync(await AddressAsync("browsed") + "/messages");
            await visitor.SeeAsync("message number 119");
            await page.SelectOptionAsync("select[aria-label=From]", "offset");
            await page.FillAsync("input[aria-label=Offset]", "30");
            await visitor.PressAsync("Show");
            await visitor.SeeAsync("message number 30");
            await visitor.PressAsync("Older");
            await visitor.SeeAsync("message number 29");

            await page.SelectOptionAsync("select[aria-label=From]", "first");
            await visitor.PressAsync("Search");
            await page.FillAsync("input[aria-label='Header']", "shop");
            await page.FillAsync("input[aria-label='Text in the header']", "rare");
            await visitor.PressAsync("Show");
            await visitor.SeeAsync("120 messages looked at");
            await visitor.SeeAsync("message number 87");
            Assert.Equal(3, await page.Locator("button.cell-button").CountAsync());
        });
    }

    // Goal: the tail shows what comes, pauses, filters and counts what it leaves out.
    [Fact]
    public async Task Tail_ShowsWhatComes_AndCountsWhatItLeavesOut()
    {
        await MakeTopicAsync("followed", partitions: 2);
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync();
            await visitor.GoAsync(await AddressAsync("followed") + "/tail");
            await visitor.SeeAsync("following");
            await SendAsync("followed", 1, "first of the tail");
            await visitor.SeeAsync("first of the tail 0");
            await SendAsync("followed", 5000, "flood");
            await page.WaitForFunctionAsync("() => Number(document.querySelector('.left-out')?.textContent.replaceAll(',', '')) > 1000");

            await visitor.PressAsync("Pause");
            await visitor.SeeAsync("paused");
            await SendAsync("followed", 1, "while it was paused");
            await visitor.PressAsync("Go on");
            await visitor.SeeAsync("while it was paused 0");
        });
    }

    // Goal: who may only read sees no buttons, and is refused where he tries all the same.
    [Fact]
    public async Task ReadOnlyUser_SeesNoButtons_AndIsRefused()
    {
        await MakeTopicAsync("looked-at", partitions: 1);
        await SendAsync("looked-at", 3, "seen");
        var user = await fixture.Client.CreateUserAsync("reader", "reader-password", new Permissions(GlobalPermissions.ReadStreams | GlobalPermissions.ReadTopics, []), cancellationToken: Token);
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            var page = visitor.Page;
            await visitor.LogInAsync("reader", "reader-password");
            await visitor.SeeAsync("You may not see the server's figures");
            Assert.Equal(0, await page.Locator("nav a:has-text('Users'), nav a:has-text('Configuration'), nav a:has-text('Clients')").CountAsync());
            await visitor.GoAsync("streams");
            await page.Locator("a:text-is('looked-at')").WaitForAsync();
            Assert.Equal(0, await page.GetByText("New stream").CountAsync());
            Assert.Equal(0, await page.GetByText("Delete").CountAsync());
            await visitor.GoAsync(await AddressAsync("looked-at"));
            await page.Locator(".tabs").WaitForAsync();
            Assert.Equal(0, await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).CountAsync());
            Assert.Equal(0, await page.GetByLabel("More").CountAsync());
            await visitor.GoAsync("users");
            await visitor.SeeAsync("You may not do that.");

            // Taken away while he looks: the page goes at once.
            await fixture.Client.DeleteUserAsync(new Identifier(user.User.Id), Token);
            await page.WaitForURLAsync(static url => url.Contains("/ui/login", StringComparison.Ordinal));
            await visitor.SeeAsync("The login has ended");
        });
    }

    private async Task MakeTopicAsync(string stream, uint partitions)
    {
        await fixture.Client.CreateStreamAsync(stream, Token);
        await fixture.Client.CreateTopicAsync(new Identifier(stream), "topic", partitions, cancellationToken: Token);
    }

    private async Task SendAsync(string stream, int count, string text)
    {
        var messages = Enumerable.Range(0, count).Select(i => new Message(Encoding.UTF8.GetBytes($"{text} {i}"))).ToArray();
        await fixture.Client.SendMessagesAsync(new Identifier(stream), new Identifier("topic"), Partitioning.ToPartition(0), messages, Token);
    }

    private async Task<string> AddressAsync(string stream) => $"streams/{(await fixture.Client.GetStreamAsync(new Identifier(stream), Token))!.Stream.Id}/topics/0";
}
