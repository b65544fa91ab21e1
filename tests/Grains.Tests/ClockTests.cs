using Iggy.Grains.Interfaces;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;
using static Iggy.Grains.Tests.Setup.Messages;

namespace Iggy.Grains.Tests;

/// <summary>Somebody sets the clock while the server runs.</summary>
public sealed class ClockTests
{
    private readonly ShiftedClock _clock = new();

    // Every one of these needs an activation that was not there before.
    [Theory]
    [InlineData(-2)]
    [InlineData(-20_000)]
    [InlineData(20_000)]
    public async Task Activation_ClockWasSet_WorksAsBefore(int hours)
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.AddSingleton<TimeProvider>(_clock));
        await server.Streams.ListAsync();
        _clock.Shift = TimeSpan.FromHours(hours);

        var partition = await server.MakePartitionAsync("s");
        Assert.Equal(Refusal.None, (await partition.AppendAsync(Batch("a"))).Refusal);
        await server.Users.EnsureRootAsync("iggy", "hash");
        _clock.Shift = TimeSpan.Zero;
        Assert.Equal(Refusal.None, (await (await server.MakePartitionAsync("t")).AppendAsync(Batch("a"))).Refusal);
    }

    [Fact]
    public async Task Orleans_EachOfItsParts_HasTheSteadyClockAndWeTheSystems()
    {
        await using var server = await Server.StartAsync(configure: silo => silo.Services.AddSingleton<TimeProvider>(_clock));
        var start = _clock.GetUtcNow();
        _clock.Shift = TimeSpan.FromDays(-400);
        _clock.Passed = TimeSpan.FromDays(3);
        foreach (var part in new[] { "Orleans.ActivationManagement", "Orleans.GrainDirectory", "anything" })
            Assert.InRange(server.Services.GetRequiredKeyedService<TimeProvider>(part).GetUtcNow() - start, TimeSpan.FromDays(2.99), TimeSpan.FromDays(3.01));
        Assert.Same(_clock, server.Services.GetRequiredService<TimeProvider>());
    }
}
