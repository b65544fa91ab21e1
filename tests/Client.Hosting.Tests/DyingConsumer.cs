using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iggy.Client.Hosting.Tests;

/// <summary>A consumer in a process of its own, which kills itself at a moment that a test names, as <c>kill -9</c> would.</summary>
internal static class DyingConsumer
{
    /// <summary>While the message is handled for the last time: its letter is not sent yet.</summary>
    public const string Handling = "handling";

    /// <summary>When the server has confirmed the letter, before the offset moves.</summary>
    public const string Sent = "sent";

    /// <summary>When the offset has moved, at the next message.</summary>
    public const string Stored = "stored";

    /// <summary>Not at all: it ends when it has handled the last message.</summary>
    public const string Never = "never";

    private const int SetAside = 5001; // the log event between the letter and the offset

    /// <summary>Runs it.</summary>
    public static async Task<int> RunAsync(string connectionString, string death)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<ILoggerProvider>(new DeathByLog(death == Sent));
        builder.Services.AddSingleton(new Death(death));
        builder.Services.AddIggy(options => options.ConnectionString = connectionString);
        builder.Services.AddIggyConsumer<Handler>(options =>
        {
            (options.Stream, options.Topic, options.Group) = ("shop", "orders", "workers");
            (options.BatchCount, options.MaxAttempts, options.FirstRetryDelay) = (1, 2, TimeSpan.FromMilliseconds(1));
        });
        using var host = builder.Build();
        await host.RunAsync();
        return 0;
    }

    private static void Die()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    private sealed record Death(string At)
    {
        public int Attempts { get; set; }
    }

    private sealed class Handler(Death death, IHostApplicationLifetime application) : IIggyMessageHandler
    {
        public ValueTask HandleAsync(ConsumedMessage message, CancellationToken cancellationToken)
        {
            if (message.Message.PayloadText == "poison")
            {
                if (++death.Attempts == 2 && death.At == Handling)
                    Die();
                throw new InvalidOperationException("cannot be read");
            }
            if (death.At == Stored)
                Die();
            application.StopApplication();
            return default;
        }
    }

    private sealed class DeathByLog(bool isWanted) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isWanted && eventId.Id == SetAside)
                Die();
        }

        public void Dispose()
        {
        }
    }
}
