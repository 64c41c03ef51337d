using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Http;

/// <summary>What an endpoint threw, as a problem: bad input names its field, a defect tells nothing of its inside and is logged.</summary>
internal sealed partial class ExceptionProblems(ILogger<ExceptionProblems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            BadHttpRequestException { InnerException: JsonException json } => Problems.Invalid(JsonFault.Of(json)),
            BadHttpRequestException bad when Unbound().Match(bad.Message) is { Success: true } found && IsOfRoute(context, found.Groups["name"].Value) => Problems.NotFound(),
            BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } => Problems.Invalid(("body", "A JSON body is needed.")),
            BadHttpRequestException bad => Problems.Make(bad.StatusCode, "invalid", "The request cannot be used.", bad.Message),
            StaleVersionException stale => Problems.Make(
                StatusCodes.Status412PreconditionFailed, StaleVersionException.Code, "Somebody else edited it meanwhile.", $"It is at version {stale.Version} by now. Read it, and edit that.", ("version", stale.Version)),
            StorageException storage => Problems.Make(StatusCodes.Status503ServiceUnavailable, "storage_unavailable", "The worker cannot store that now.", storage.Message),
            _ => Problems.Make(StatusCodes.Status500InternalServerError, "internal", "The worker failed.", "The failure has been logged."),
        };
        if (exception is not (BadHttpRequestException or StaleVersionException))
        {
            Log.Failed(logger, context.Request.Method, context.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.DisplayName, exception);
        }

        if (WebhookEndpoint.IsFor(context.Request.Path))
        {
            WebhookEndpoint.AskToComeAgain(context.Response);
            return true;
        }

        IResult answer = OwnerPage.IsFor(context.Request.Path) ? OwnerPages.Broken(problem.StatusCode) : DashboardPage.Or(problem, context);
        await answer.ExecuteAsync(context);
        return true;
    }

    // An id of the wrong form is as absent as an unknown one.
    private static bool IsOfRoute(HttpContext context, string name) => context.Features.Get<IExceptionHandlerFeature>()?.RouteValues?.ContainsKey(name) == true;

    [GeneratedRegex("^Failed to bind parameter \"\\S+ (?<name>\\w+)\"")]
    private static partial Regex Unbound();

    private static partial class Log
    {
        [LoggerMessage(EventId = 2500, Level = LogLevel.Error, Message = "{Method} {Endpoint} failed.")]
        public static partial void Failed(ILogger logger, string method, string? endpoint, Exception exception);
    }
}
