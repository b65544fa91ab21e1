using System.Diagnostics;
using System.Globalization;
using System.Text;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Ui.Tests;

/// <summary>The console in front of much data, and of many who look.</summary>
/// <remarks><c>IGGY_TEST_UI_SCALE=full</c> makes as much as upstream's users have: 10,000 topics, 1,000 groups, 10 million messages in one topic, and asks for each page within two
/// seconds. Without it there is a twentieth, for the making of it would take minutes of every run, and a busy machine gets more time.</remarks>
[Trait("kind", "process")]
public sealed class ScaleTests(ConsoleFixture fixture)
{
    private const int Tabs = 50;
    private static readonly bool s_isFull = Environment.GetEnvironmentVariable("IGGY_TEST_UI_SCALE") == "full";
    private static readonly int s_topics = s_isFull ? 10_000 : 500, s_groups = s_isFull ? 1_000 : 50, s_messages = s_isFull ? 10_000_000 : 500_000;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(s_isFull ? 2 : 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pages_InFrontOfMuchData_OpenQuickly()
    {
        var (stream, topic) = (new Identifier("much"), new Identifier("full"));
        await fixture.Client.CreateStreamAsync("much", Token);
        await fixture.Client.CreateTopicAsync(stream, "full", 1, cancellationToken: Token);
        for (var i = 0; i < s_topics; i += 100)
            await Task.WhenAll(Enumerable.Range(i, 100).Select(one => fixture.Client.CreateTopicAsync(stream, string.Create(CultureInfo.InvariantCulture, $"topic-{one:00000}"), 1, cancellationToken: Token).AsTask()));
        for (var i = 0; i < s_groups; i++)
            await fixture.Client.CreateConsumerGroupAsync(stream, topic, $"group-{i}", Token);
        var batch = Enumerable.Range(0, 10_000).Select(static i => new Message(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{i:0000000000}")))).ToArray();
        for (var i = 0; i < s_messages; i += batch.Length)
            await fixture.Client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), batch, Token);
        var id = (await fixture.Client.GetStreamAsync(stream, Token))!.Stream.Id;

        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            await visitor.LogInAsync();
            foreach (var (path, sign) in ((string Path, string Sign)[])
            [
                ("", ".tile"), ("streams", "a:text-is('much')"), ($"streams/{id}", "a:text-is('topic-00000')"), ($"streams/{id}/topics/0", ".table td a:text-is('0')"),
                ($"streams/{id}/topics/0/messages", "button.cell-button"), ($"streams/{id}/topics/0/tail", ".tail-state:text-is('following')"), ($"streams/{id}/topics/0/groups", "a:text-is('group-0')"),
                ("groups", "a:text-is('group-0')"), ("clients", ".table td"), ("users", "a:text-is('iggy')"), ("configuration", ".table td"), ("dead-letters", "h1"), ("cluster", ".table td"),
            ])
            {
                var started = Stopwatch.GetTimestamp();
                await visitor.Page.GotoAsync(new Uri(visitor.Address, path).ToString());
                await visitor.Page.Locator(sign).First.WaitForAsync();
                var took = Stopwatch.GetElapsedTime(started);
                TestContext.Current.SendDiagnosticMessage($"/{path}: {took.TotalMilliseconds:0} ms");
                Assert.True(took < s_limit, $"/{path} took {took}");
            }

            // Far down the list, without a row for each in between.
            var page = visitor.Page;
            await visitor.GoAsync($"streams/{id}");
            await page.Locator("a:text-is('topic-00000')").WaitForAsync();
            Assert.InRange(await page.Locator(".table tbody tr").CountAsync(), 5, 100);
            await page.EvaluateAsync("() => { const list = document.querySelector('.scroll'); list.scrollTop = list.scrollHeight; }");
            await page.Locator(string.Create(CultureInfo.InvariantCulture, $"a:text-is('topic-{s_topics - 1:00000}')")).WaitForAsync();
            await page.FillAsync("input.filter", string.Create(CultureInfo.InvariantCulture, $"topic-{s_topics / 2:00000}"));
            await page.Locator(string.Create(CultureInfo.InvariantCulture, $"a:text-is('topic-{s_topics / 2:00000}')")).WaitForAsync();
            await visitor.SeeAsync($"1 of {(s_topics + 1).ToString("N0", CultureInfo.InvariantCulture)}");

            // Some message among the many.
            await visitor.GoAsync($"streams/{id}/topics/0/messages");
            await page.SelectOptionAsync("select[aria-label=From]", "offset");
            await page.FillAsync("input[aria-label=Offset]", $"{s_messages / 2}");
            await visitor.PressAsync("Show");
            await page.Locator($"button.cell-button:text-is('{s_messages / 2}')").WaitForAsync();
        });
    }

    // Goal: many who look at once cost little, whatever flows by. Method: fifty tails, and a flood that is many times what they may hold.
    [Fact]
    public async Task Tabs_ThatTail_KeepTheServerSmall()
    {
        await fixture.Client.CreateStreamAsync("flooded", Token);
        var (stream, topic) = (new Identifier("flooded"), new Identifier("topic"));
        await fixture.Client.CreateTopicAsync(stream, "topic", 1, cancellationToken: Token);
        var address = $"streams/{(await fixture.Client.GetStreamAsync(stream, Token))!.Stream.Id}/topics/0/tail";
        await using var visitor = await fixture.VisitAsync();
        await visitor.RunAsync(async () =>
        {
            await visitor.LogInAsync();
            var before = MemoryOf(fixture.Server.ProcessId);
            var pages = new List<Microsoft.Playwright.IPage>();
            for (var i = 0; i < Tabs; i++)
            {
                var page = await visitor.Context.NewPageAsync();
                await page.GotoAsync(new Uri(visitor.Address, address).ToString());
                pages.Add(page);
            }
            foreach (var page in pages)
                await page.Locator(".tail-state:text-is('following')").WaitForAsync();
            var open = MemoryOf(fixture.Server.ProcessId);

            var batch = Enumerable.Range(0, 1000).Select(static _ => new Message(new byte[1024])).ToArray();
            for (var i = 0; i < 100; i++)
                await fixture.Client.SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), batch, Token);
            foreach (var page in pages)
                await page.WaitForFunctionAsync("() => Number(document.querySelector('.left-out').textContent.replaceAll(',', '')) > 50000");
            var flooded = MemoryOf(fixture.Server.ProcessId);
            TestContext.Current.SendDiagnosticMessage($"{before} MiB with one page, {open} MiB with {Tabs} that tail, {flooded} MiB behind the flood of 100 MiB");
            Assert.InRange(open - before, int.MinValue, 400);
            Assert.InRange(flooded - open, int.MinValue, 400);
        });
    }

    private static int MemoryOf(int processId) => int.Parse(
        File.ReadLines($"/proc/{processId}/status").First(static line => line.StartsWith("RssAnon", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024;
}
