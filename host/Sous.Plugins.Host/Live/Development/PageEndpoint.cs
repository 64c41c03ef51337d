using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live.Development;

/// <summary><c>/api/v1/drivers/{id}/page</c>, for a driver's author: one recorded page, mapped by the build that serves and compared with the one before.</summary>
internal static class PageEndpoint
{
    private const string PageRefused = "page_refused";

    public static async Task<Results<Ok<PageView>, ProblemHttpResult>> CompareAsync(
        string id, PageRequest request, Caller caller, DriverLookup drivers, ConnectionStore connections, RecordedPages pages, CancellationToken cancellationToken)
    {
        if (drivers(new DriverId(id)) is not { } driver)
        {
            return Problems.Conflict("driver_not_loaded", $"No driver {id} serves.");
        }

        var stream = driver.Manifest.Streams.FirstOrDefault(offered => request.Stream is null || offered.Name == request.Stream);
        if (stream is null)
        {
            return Problems.Invalid(("stream", $"The driver offers no {request.Stream ?? "stream"}."));
        }

        var own = (await connections.ListAsync(cancellationToken)).Where(one => one.Driver == driver.Id && !one.IsOver && (request.Connection is null || one.Id.Value == request.Connection)).ToList();
        return own switch
        {
            [] when request.Connection is not null => Problems.Invalid(("connection", $"The driver {id} has no connection {request.Connection}.")),
            [] => Problems.Conflict("connection_missing", $"No connection of the driver {id} is there to record a page of: connect one."),
            [{ Status: not ConnectionStatus.Ok } one] => Problems.Conflict("connection_not_ok", $"The connection {one.Id} is not well, and no page is read of it. {one.Cause}".Trim()),
            [var one] => await CompareAsync(token => pages.CompareAsync(driver, one, stream, request, caller.KeyId, token), cancellationToken),
            _ => Problems.Conflict(
                "connection_ambiguous",
                $"The driver {id} has {own.Count} connections: say which by 'connection', one of {string.Join(", ", own.Select(static one => one.Id))}.",
                ("connections", own.Select(static one => new LiveChoice(one.Id, one.Driver, one.AccountName)).ToList())),
        };
    }

    public static NoContent Forget(string id, RecordedPages pages)
    {
        pages.Forget(new DriverId(id));
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<PageView>, ProblemHttpResult>> CompareAsync(Func<CancellationToken, Task<PageView>> compare, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await compare(cancellationToken));
        }
        catch (DriverDefectException e) when (e.Defect is PageRefusedException refused)
        {
            return Problems.Make(StatusCodes.Status502BadGateway, PageRefused, "The driver gave no page that is taken.", refused.Message);
        }
        catch (DriverDefectException e)
        {
            // Whoever reads this writes the driver: where it failed, and not what it said, which may be the service's.
            return Problems.Make(StatusCodes.Status502BadGateway, LiveFailure.Defect, "The driver failed.", Below(e.Trace));
        }
        catch (DriverException e) when (LiveFailure.Of(e) is { } failure)
        {
            return failure.ToProblem();
        }
    }

    /// <summary>The frames of the driver, without ours that called it.</summary>
    private static string Below(string trace) => string.Join('\n', trace.Split('\n').TakeWhile(static line => !line.Contains("at Sous.Plugins.Host.", StringComparison.Ordinal)));
}
