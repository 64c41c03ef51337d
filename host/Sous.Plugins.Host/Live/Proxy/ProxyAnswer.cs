using System.Net;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live.Proxy;

/// <summary>
/// What the service says to a passed-on call, given back while it arrives. What breaks off ends with the connection cut, never as a whole answer.
/// None of it counts as the driver's defect, since none of its code is asked.
/// </summary>
internal sealed class ProxyAnswer(LiveDriver driver, Uri target, byte[]? body) : IResult
{
    public const string TooLarge = "answer_too_large";

    private const int Block = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var opened = driver;
        using var until = driver.Until(httpContext.RequestAborted);
        try
        {
            using var answer = await SendAsync(httpContext.Request, until.Token);
            await GiveBackAsync(httpContext, answer, until.Token);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            httpContext.Abort();
        }
        catch (Exception e) when (Explain(e) is { } failure)
        {
            if (httpContext.Response.HasStarted)
            {
                httpContext.Abort();
                return;
            }

            httpContext.Response.Clear();
            await failure.AnswerAsync(httpContext);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequest from, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(from.Method), target) { Content = body is null ? null : new ByteArrayContent(body) };
        ProxyHeaders.PassOn(from.Headers, request, driver.Manifest.Authorization.KeyHeader);
        var answer = await CallAsync(token => driver.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token), cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized)
        {
            return answer;
        }

        // Who authorizes is the host: its caller's own key is not what was refused.
        answer.Dispose();
        throw new DriverException(FailureKind.Unauthorized, "The service refuses the connection's authorization.");
    }

    private async Task GiveBackAsync(HttpContext context, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var length = answer.Content.Headers.ContentLength;
        if (length > BoundedContent.Limit)
        {
            throw Large();
        }

        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        ProxyHeaders.GiveBack(answer, response.Headers);

        // Whatever a service answers is nothing that a browser should show under the worker's own address.
        response.Headers.CacheControl = "no-store";
        response.Headers.ContentDisposition = "attachment";
        response.Headers.ContentSecurityPolicy = "sandbox";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers[PassedOn.Header] = PassedOn.Service;
        context.Features.Set(PassedOn.Route);
        var hasBody = !HttpMethods.IsHead(context.Request.Method) && answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified);
        if (answer.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified))
        {
            response.ContentLength = length;
        }

        await response.StartAsync(cancellationToken);
        if (hasBody)
        {
            await CopyAsync(await CallAsync(answer.Content.ReadAsStreamAsync, cancellationToken), response.Body, cancellationToken);
        }
    }

    private async Task CopyAsync(Stream source, Stream target, CancellationToken cancellationToken)
    {
        var buffer = new byte[Block];
        for (var total = 0L; await CallAsync(token => source.ReadAsync(buffer, token).AsTask(), cancellationToken) is > 0 and var count;)
        {
            if ((total += count) > BoundedContent.Limit)
            {
                throw Large();
            }

            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) => driver.CallAsync(
        async token =>
        {
            try
            {
                return await call(token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new DriverException(FailureKind.Transient, "The service cannot be reached, or broke its answer off.", inner: e);
            }
        },
        cancellationToken);

    private LiveFailure? Explain(Exception exception) => exception switch
    {
        DriverException { Kind: FailureKind.Defect } e => new LiveFailure(StatusCodes.Status502BadGateway, TooLarge, e.Message),
        DriverDefectException => null,
        _ => driver.TryExplain(exception, out var failure) ? failure : null,
    };

    private static DriverException Large() => new(FailureKind.Defect, $"The service answers with more than {BoundedContent.Limit >> 20} MiB, which is more than is passed on.");
}
