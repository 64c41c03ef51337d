using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live;

/// <summary>Why a live call failed: a status while nothing was sent yet, a last line after that.</summary>
internal sealed record LiveFailure(int Status, string Code, string Detail, TimeSpan? RetryAfter = null)
{
    /// <summary>The code where the driver is to blame.</summary>
    public const string Defect = "driver_defect";

    public static LiveFailure? Of(Exception exception) => exception switch
    {
        DriverException { Kind: FailureKind.Transient } e => new(StatusCodes.Status503ServiceUnavailable, "service_unavailable", e.Message, e.RetryAfter),
        DriverException { Kind: FailureKind.RateLimited } e => new(StatusCodes.Status503ServiceUnavailable, "rate_limited", e.Message, e.RetryAfter),
        DriverException { Kind: FailureKind.Unauthorized } e => new(StatusCodes.Status409Conflict, "needs_reconnect", e.Message),
        DriverException { Kind: FailureKind.Misconfigured } e => new(StatusCodes.Status409Conflict, "misconfigured", e.Message),
        DriverException e => new(StatusCodes.Status502BadGateway, Defect, e.Message),
        DriverDefectException e => new(StatusCodes.Status502BadGateway, Defect, RunEnd.AfterDefect(e.Defect).Reason ?? ""),
        CredentialException e => new(StatusCodes.Status409Conflict, "misconfigured", e.Message),
        StorageException e => new(StatusCodes.Status503ServiceUnavailable, "storage_unavailable", e.Message),
        _ => null,
    };

    public ProblemHttpResult ToProblem() => Problems.Make(Status, Code, "The service did not give that.", Detail);

    /// <summary>As the whole answer.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        if (RetryAfter is { } wait)
        {
            Problems.AskToWait(context.Response, wait);
        }

        return ToProblem().ExecuteAsync(context);
    }

    /// <summary>As the last line of an answer that has begun.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("code"u8, Code);
        writer.WriteString("detail"u8, Detail);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
