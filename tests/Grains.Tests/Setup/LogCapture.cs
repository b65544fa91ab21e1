using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Iggy.Grains.Tests.Setup;

/// <summary>Keeps what the server's own code logged, and lets a test wait for an event.</summary>
internal sealed class LogCapture : ILoggerProvider
{
    private readonly ConcurrentQueue<(EventId Id, string Text)> _lines = [];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _awaited = [];

    public IEnumerable<string> Of(int eventId) => _lines.Where(line => line.Id.Id == eventId).Select(line => line.Text);

    public Task WaitForAsync(int eventId) =>
        _awaited.GetOrAdd(eventId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(Server.Patience);

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private sealed class Logger(LogCapture capture) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            capture._lines.Enqueue((eventId, formatter(state, exception)));
            capture._awaited.GetOrAdd(eventId.Id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }
}
