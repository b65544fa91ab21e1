using System.Globalization;
using Iggy.Silo.Options;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Iggy.Silo.Snapshots;

/// <summary>Keeps the last entries of the log in memory, for the support archive: bounded in number and in length.</summary>
/// <remarks>It sees what the console sees. Nothing that is logged may hold a secret, here as there.</remarks>
internal sealed class RecentLog(IOptions<LoggingOptions> options, TimeProvider clock) : ILoggerProvider
{
    // One entry with a deep stack trace has some 10,000; all entries together take at most twice this in bytes.
    private const int MostCharactersPerEntry = 16 * 1024;
    private const int MostCharacters = 8 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<string> _entries = new();
    private readonly int _mostEntries = options.Value.SnapshotEntries;
    private readonly TimeProvider _clock = clock;
    private int _characters;

    /// <summary>The entries kept, oldest first.</summary>
    public string[] Entries()
    {
        lock (_lock)
            return [.. _entries];
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Add(string entry)
    {
        if (entry.Length > MostCharactersPerEntry)
            entry = string.Concat(entry.AsSpan(0, MostCharactersPerEntry), "...");
        lock (_lock)
        {
            _entries.Enqueue(entry);
            _characters += entry.Length;
            while (_entries.Count > _mostEntries || _characters > MostCharacters)
                _characters -= _entries.Dequeue().Length;
        }
    }

    private sealed class Writer(RecentLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => log._mostEntries > 0 && logLevel is not LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var entry = string.Create(CultureInfo.InvariantCulture, $"{log._clock.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel} {category}[{eventId.Id}] {formatter(state, exception)}");
            log.Add(exception is null ? entry : $"{entry}\n{exception}");
        }
    }
}
