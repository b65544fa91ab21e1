using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Iggy.Archive.Stores;

/// <summary>What the SDK says as one line for people, and whether another attempt makes sense.</summary>
internal static class S3Errors
{
    public static string Place(ArchiveOptions options) =>
        $"s3://{options.Bucket}" + (options.ServiceUrl.Length > 0 ? $" at {options.ServiceUrl}" : "");

    public static ArchiveStoreException Explain(Exception failure, ArchiveOptions options)
    {
        var place = Place(options);
        return failure switch
        {
            AmazonS3Exception { ErrorCode: "NoSuchBucket" } => Lasting($"There is no bucket {place} (Iggy:Archive:Bucket)."),
            AmazonS3Exception { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "InvalidToken" or "ExpiredToken" or "TokenRefreshRequired" } wrong =>
                Lasting($"The store {place} does not take the credentials: {wrong.ErrorCode} (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN)."),
            AmazonS3Exception { ErrorCode: "RequestTimeTooSkewed" } => Lasting($"The clock of this machine differs too much from that of the store {place}."),
            AmazonS3Exception { ErrorCode: "NoSuchKey" } => Lasting($"An object that a manifest names is not in {place} any more."),
            AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } wrong => Lasting($"The store {place} refuses access: {wrong.ErrorCode}. Reading, writing, listing and deleting are needed."),
            AmazonS3Exception { ErrorCode: "SlowDown" or "ServiceUnavailable" } or AmazonS3Exception { StatusCode: HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests } =>
                Passing($"The store {place} asks to slow down."),
            AmazonS3Exception { ErrorCode: "BadDigest" or "InvalidDigest" or "XAmzContentSHA256Mismatch" } => Passing($"What arrived at the store {place} is not what was sent."),
            AmazonS3Exception { StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or 0 } wrong =>
                Passing($"The store {place} failed: {Short(wrong)}."),
            AmazonS3Exception wrong => Lasting($"The store {place} refused: {Short(wrong)}."),
            AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.BadRequest } wrong => Lasting($"No credentials for {place} could be had: {Short(wrong)}."),
            _ when Find<HttpRequestException>(failure) is { } net => Passing($"The store {place} is not reached: {Line(net.Message)}."),
            AmazonClientException wrong when wrong.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) || wrong.Message.Contains("IMDS", StringComparison.Ordinal)
                || wrong.Message.Contains("region", StringComparison.OrdinalIgnoreCase) => Lasting($"No credentials or no region for {place}: {Line(wrong.Message)}"),
            _ => Passing($"The store {place} failed: {Line(failure.Message)}"),
        };

        ArchiveStoreException Lasting(string message) => new(message, isPassing: false, failure);
        ArchiveStoreException Passing(string message) => new(message, isPassing: true, failure);
    }

    private static string Short(AmazonServiceException wrong) =>
        wrong.ErrorCode is { Length: > 0 } code ? code : wrong.StatusCode != 0 ? $"status {(int)wrong.StatusCode}" : Line(wrong.Message);

    private static string Line(string message) => message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static T? Find<T>(Exception? failure) where T : Exception
    {
        for (; failure is not null; failure = failure.InnerException)
        {
            if (failure is T found)
                return found;
        }
        return null;
    }
}
