using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Iggy.Archive.Tests.Setup;

/// <summary>Lets a test wait for a log event.</summary>
internal sealed class HeardLogger<T> : ILogger<T>
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource<string>> _awaited = new();

    /// <summary>Id and text, in order.</summary>
    public ConcurrentQueue<(int Id, string Text)> Events { get; } = new();

    /// <summary>The text of the first event with an id.</summary>
    public Task<string> WaitAsync(int id) => Of(id).Task.WaitAsync(TimeSpan.FromSeconds(60));

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        Events.Enqueue((eventId.Id, formatter(state, exception)));
        Of(eventId.Id).TrySetResult(formatter(state, exception));
    }

    private TaskCompletionSource<string> Of(int id) => _awaited.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
