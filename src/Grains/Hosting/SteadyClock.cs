using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Hosting;

/// <summary>The time that Orleans lives by: the system's when the server starts, from then on what has passed, whatever anybody does to the clock.</summary>
/// <remarks>Orleans compares moments only with each other. With the system's clock a step back of more than the collection age (15 minutes) made every
/// new activation fail until a restart. See docs/adr/0023.</remarks>
/// <param name="system">What it is set by, and what its timers run on.</param>
internal sealed class SteadyClock(TimeProvider system) : TimeProvider
{
    private readonly DateTimeOffset _start = system.GetUtcNow();
    private readonly long _startedAt = system.GetTimestamp();

    public override TimeZoneInfo LocalTimeZone => system.LocalTimeZone;

    public override long TimestampFrequency => system.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => _start + system.GetElapsedTime(_startedAt);

    public override long GetTimestamp() => system.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        system.CreateTimer(callback, state, dueTime, period);
}

/// <summary>Registration of the <see cref="SteadyClock"/>.</summary>
internal static class SteadyClockExtensions
{
    /// <summary>Gives it to Orleans, which asks for a clock under a key of its own for each of its parts; everybody else keeps the system's.</summary>
    public static void AddSteadyClock(this IServiceCollection services)
    {
        foreach (var other in services.Where(static service =>
            service.IsKeyedService && service.ServiceType == typeof(TimeProvider) && Equals(service.ServiceKey, KeyedService.AnyKey)).ToArray())
        {
            services.Remove(other);
        }
        services.AddSingleton(static provider => new SteadyClock(provider.GetRequiredService<TimeProvider>()));
        services.AddKeyedSingleton<TimeProvider>(KeyedService.AnyKey, static (provider, _) => provider.GetRequiredService<SteadyClock>());
    }
}
