FROM ruby:3.3-slim
RUN useradd -u 10001 app
ONBUILD USER root
ONBUILD RUN bundle install
USER 10001
CMD ["ruby", "app.rb"]
