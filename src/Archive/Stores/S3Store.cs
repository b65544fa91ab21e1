using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Polly;

namespace Iggy.Archive.Stores;

/// <summary>A bucket that speaks S3.</summary>
/// <remarks>Attempts, their pauses and the watch over transfers that stand still are here; the SDK tries once more by itself, which it needs to correct the clock of a signature.</remarks>
public sealed class S3Store : IArchiveStore
{
    private const int DeleteAtOnce = 1000; // as S3 has it
    private readonly AmazonS3Client _client;
    private readonly ArchiveOptions _options;
    private readonly Bandwidth _bandwidth;
    private readonly ResiliencePipeline _attempts;
    private readonly bool _isPlain;

    /// <param name="options">Validated, with a bucket.</param>
    /// <param name="clock">For pauses and rates.</param>
    public S3Store(ArchiveOptions options, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _bandwidth, _attempts) = (options, new Bandwidth(options.MaxBytesPerSecond, clock), Attempts.Build(clock));
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            // Other stores do not know the checksums that Amazon's takes beside Content-MD5.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            MaxErrorRetry = 1,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (options.ServiceUrl.Length > 0)
        {
            config.ServiceURL = options.ServiceUrl;
            config.AuthenticationRegion = options.Region.Length > 0 ? options.Region : Environment.GetEnvironmentVariable("AWS_REGION") is { Length: > 0 } named ? named : "us-east-1";
        }
        else if (options.Region.Length > 0)
        {
            config.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(options.Region);
        }
        _isPlain = options.ServiceUrl.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
        try
        {
            _client = new AmazonS3Client(config);
        }
        catch (AmazonClientException wrong)
        {
            throw S3Errors.Explain(wrong, options);
        }
    }

    /// <inheritdoc/>
    public Task<bool> PutIfAbsentAsync(string key, ObjectBody body, CancellationToken cancellationToken) => TryAsync(async (moved, token) =>
    {
        await using var stream = new MeteredStream(body.Open(), _bandwidth, moved);
        try
        {
            await _client.PutObjectAsync(new PutObjectRequest
            {
                BucketName = _options.Bucket,
                Key = key,
                InputStream = stream,
                AutoCloseStream = false,
                IfNoneMatch = "*",
                MD5Digest = body.Md5,
                ContentType = "application/octet-stream",
                // Over TLS the body needs no signature of its own; without TLS it is signed piece by piece as it goes.
                DisablePayloadSigning = !_isPlain,
                UseChunkEncoding = _isPlain,
            }, token);
            return true;
        }
        catch (AmazonS3Exception there) when (there.StatusCode is HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
    }, cancellationToken);

    /// <inheritdoc/>
    public Task ReadAsync(string key, long at, long bytes, Stream into, CancellationToken cancellationToken)
    {
        var start = into.Position;
        return TryAsync(async (moved, token) =>
        {
            into.Position = start;
            into.SetLength(start);
            if (bytes == 0)
                return true;
            using var response = await _client.GetObjectAsync(new GetObjectRequest
            {
                BucketName = _options.Bucket,
                Key = key,
                ByteRange = new ByteRange(at, at + bytes - 1),
            }, token);
            await using var stream = new MeteredStream(response.ResponseStream, _bandwidth, moved);
            var buffer = new byte[80 << 10];
            var left = bytes;
            for (int read; left > 0 && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), token)) > 0; left -= read)
                await into.WriteAsync(buffer.AsMemory(0, read), token);
            return left == 0 ? true : throw new ArchiveStoreException($"The store ended its answer {left} bytes before the end of {key}.", isPassing: true);
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredObject> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Bucket, Prefix = prefix, StartAfter = after };
        do
        {
            var page = await TryAsync((_, token) => _client.ListObjectsV2Async(request, token), cancellationToken);
            foreach (var found in page.S3Objects ?? [])
                yield return new StoredObject(found.Key, found.Size ?? 0, new DateTimeOffset((found.LastModified ?? default).ToUniversalTime()));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (request.ContinuationToken is { Length: > 0 });
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        foreach (var some in keys.Chunk(DeleteAtOnce))
        {
            var request = new DeleteObjectsRequest { BucketName = _options.Bucket, Quiet = true, Objects = [.. some.Select(static key => new KeyVersion { Key = key })] };
            await TryAsync((_, token) => _client.DeleteObjectsAsync(request, token), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task<T> TryAsync<T>(Func<Action, CancellationToken, Task<T>> attempt, CancellationToken cancellationToken) =>
        await _attempts.ExecuteAsync(async outer =>
        {
            using var still = CancellationTokenSource.CreateLinkedTokenSource(outer);
            still.CancelAfter(_options.RequestTimeout);
            try
            {
                return await attempt(() => still.CancelAfter(_options.RequestTimeout), still.Token);
            }
            catch (OperationCanceledException) when (!outer.IsCancellationRequested)
            {
                throw new ArchiveStoreException($"The store {S3Errors.Place(_options)} stood still for {_options.RequestTimeout}.", isPassing: true);
            }
            catch (Exception failure) when (failure is AmazonClientException or AmazonServiceException or HttpRequestException or HttpIOException or IOException { InnerException: not null })
            {
                throw S3Errors.Explain(failure, _options);
            }
        }, cancellationToken);
}
