using System.Net;
using System.Text.Json;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>
/// Stands where else a call is authorized: has it sent by the host that works, which alone knows the secrets, the order of calls and the network.
/// Nothing below it is reached.
/// </summary>
internal sealed class RelayHandler(string run, WorkerLine line) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[]? body = null;
        if (request.Content is { } content)
        {
            await content.LoadIntoBufferAsync(RetryHandler.LargestBody, cancellationToken);
            body = await content.ReadAsByteArrayAsync(cancellationToken);
        }

        var call = new RelayedCall(
            request.Method.Method,
            request.RequestUri ?? throw new InvalidOperationException("A call goes somewhere."),
            [.. RelayedHeader.Of(request.Headers), .. RelayedHeader.Of(request.Content?.Headers)],
            request.Options.TryGetValue(ServiceRequest.OnlyReads, out var onlyReads) && onlyReads);
        var (answer, answered) = await SendAsync(call, body, cancellationToken);
        if (answer.Failure is { } failure)
        {
            throw failure.Make();
        }

        var response = new HttpResponseMessage((HttpStatusCode)answer.Status) { RequestMessage = request, Content = new ByteArrayContent(answered ?? []) };
        foreach (var (name, value) in answer.Headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }

    private async Task<(RelayedAnswer Answer, byte[]? Body)> SendAsync(RelayedCall call, byte[]? body, CancellationToken cancellationToken)
    {
        try
        {
            var (head, answered) = await line.Send(run, JsonSerializer.SerializeToUtf8Bytes(call, HelpingJson.Default.RelayedCall), body, cancellationToken);
            return (JsonSerializer.Deserialize(head, HelpingJson.Default.RelayedAnswer) ?? throw new InvalidOperationException("It said nothing of the call."), answered);
        }
        catch (Exception e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new HttpRequestException("The host that sends calls could not be reached.", e);
        }
    }
}
