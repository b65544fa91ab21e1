using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Iggy.Cli;

/// <summary>Whoever read the output has gone, as <c>head</c> does once it has its lines: nothing is left to do.</summary>
internal sealed class ReaderGoneException(Exception inner) : Exception("The reader of the output is gone.", inner);

/// <summary>Standard output that says when its reader is gone. That of .NET swallows what nobody reads, so that a tool would go on for ever.</summary>
internal static class ProcessOutput
{
    private const int BufferBytes = 16 * 1024;

    /// <summary>Opens it; each write leaves at once.</summary>
    public static TextWriter Open()
    {
        var stream = OperatingSystem.IsWindows() ? null : OpenPipe();
        return stream is null ? Console.Out : new StreamWriter(new GuardedStream(stream), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferBytes) { AutoFlush = true };
    }

    // A file keeps .NET's own stream: one of ours would have a position of its own, and overwrite what other programs write to the same file.
    private static FileStream? OpenPipe()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return stream.CanSeek ? null : stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // closed from the start
        }
    }

    /// <summary>Tells a reader that is gone from other failures.</summary>
    internal sealed class GuardedStream(Stream inner) : Stream
    {
        /// <inheritdoc/>
        public override bool CanRead => false;

        /// <inheritdoc/>
        public override bool CanSeek => false;

        /// <inheritdoc/>
        public override bool CanWrite => true;

        /// <inheritdoc/>
        public override long Length => throw new NotSupportedException();

        /// <inheritdoc/>
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        /// <inheritdoc/>
        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        /// <inheritdoc/>
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                inner.Write(buffer);
            }
            catch (IOException e)
            {
                throw new ReaderGoneException(e);
            }
        }

        /// <inheritdoc/>
        public override void Flush()
        {
        }

        /// <inheritdoc/>
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
