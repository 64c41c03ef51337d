using System.Net;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>Outermost of a session's handlers: notes which of a driver's calls ended without an answer that can be used, whatever the driver makes of it.</summary>
internal sealed class CallWatch : DelegatingHandler
{
    private volatile UnansweredCalls _calls = new();

    /// <summary>Those of the calls that begin from now on: what is under way belongs to the listing before.</summary>
    public UnansweredCalls Begin() => _calls = new UnansweredCalls();

    /// <summary>None of the handlers would see it: not its turn, not its authorization, not where it goes.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        => throw new NotSupportedException("The host sends calls asynchronously alone: use SendAsync.");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var calls = _calls;
        var call = await SentCall.OfAsync(request, cancellationToken);
        calls.Begin(call);
        HttpResponseMessage answer;
        try
        {
            answer = await base.SendAsync(request, cancellationToken);
        }
        catch (DriverException e)
        {
            if (e.Kind == FailureKind.Misconfigured)
            {
                calls.Refused(call);
            }
            else
            {
                calls.Failed(call, e);
            }

            throw;
        }
        catch
        {
            calls.Failed(call, WentOnAfter(call, "no answer"));
            throw;
        }

        if (IsUnanswered(answer.StatusCode))
        {
            calls.Failed(call, WentOnAfter(call, $"{(int)answer.StatusCode}", answer.StatusCode == HttpStatusCode.TooManyRequests ? FailureKind.RateLimited : FailureKind.Transient));
            return answer;
        }

        calls.Answered(call);
        var inner = answer.Content;
        answer.Content = new StreamContent(new ReadThrough(await inner.ReadAsStreamAsync(cancellationToken), broke: () => calls.Broke(call, WentOnAfter(call, "half an answer"))));
        foreach (var header in inner.Headers.NonValidated)
        {
            answer.Content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return answer;
    }

    // What a service does not implement it says for good.
    private static bool IsUnanswered(HttpStatusCode status)
        => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented;

    private static DriverException WentOnAfter(SentCall call, string what, FailureKind kind = FailureKind.Transient)
        => new(kind, $"The driver went on after {call} ({what}): what it fetched may not be whole, and is fetched again.");
}
